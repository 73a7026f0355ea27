/** How processes end, and what stays. */
import type { Experiment } from '../experiment.js';
import { grandchild } from './grandchild.js';
import { groups } from './groups.js';
import { killErrors } from './kill-errors.js';
import { orphan } from './orphan.js';
import { sigchld } from './sigchld.js';
import { timeouts } from './timeouts.js';
import { zombie } from './zombie.js';
import { zombieCost } from './zombie-cost.js';

export const life: readonly Experiment[] = [
  zombie,
  zombieCost,
  sigchld,
  killErrors,
  timeouts,
  grandchild,
  groups,
  orphan,
];
