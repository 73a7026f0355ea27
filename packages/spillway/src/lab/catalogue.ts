/** All experiments, in the order in which they are listed and run. */
import type { Experiment } from './experiment.js';
import { reading } from './reading/index.js';

export const experiments: readonly Experiment[] = [...reading];
