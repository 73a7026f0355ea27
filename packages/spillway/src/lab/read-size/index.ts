/** How much one read asks for. */
import type { Experiment } from '../experiment.js';
import { largeRead } from './large-read.js';
import { throughput } from './throughput.js';

export const readSize: readonly Experiment[] = [largeRead, throughput];
