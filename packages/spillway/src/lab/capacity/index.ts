/** How much a pipe holds. */
import type { Experiment } from '../experiment.js';
import { bytesUntilFull } from './bytes-until-full.js';
import { defaultCapacity } from './default-capacity.js';
import { setCapacity } from './set-capacity.js';
import { socketCapacity } from './socket-capacity.js';
import { unreadBytes } from './unread-bytes.js';
import { userLimit } from './user-limit.js';

export const capacity: readonly Experiment[] = [
  defaultCapacity,
  bytesUntilFull,
  setCapacity,
  unreadBytes,
  userLimit,
  socketCapacity,
];
