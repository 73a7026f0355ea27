/** Deadlocks as they are written, explained and cured. */
import type { Experiment } from '../experiment.js';
import { bothWays } from './both-ways.js';
import { pipesize, waitBeforeRead } from './full-pipe.js';
import { heldOpen } from './held-open.js';
import { oneStreamAtATime, pollReadLoop } from './two-streams.js';

export const deadlocks: readonly Experiment[] = [
  waitBeforeRead,
  oneStreamAtATime,
  bothWays,
  pollReadLoop,
  heldOpen,
  pipesize,
];
