/** All experiments, in the order in which they are listed and run. */
import { atomicity } from './atomicity/index.js';
import { capacity } from './capacity/index.js';
import { cost } from './cost/index.js';
import { deadlocks } from './deadlocks/index.js';
import type { Experiment } from './experiment.js';
import { life } from './life/index.js';
import { readSize } from './read-size/index.js';
import { reading } from './reading/index.js';

export const experiments: readonly Experiment[] = [
  ...reading,
  ...capacity,
  ...atomicity,
  ...readSize,
  ...deadlocks,
  ...life,
  ...cost,
];
