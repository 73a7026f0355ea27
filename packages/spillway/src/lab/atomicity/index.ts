/** Several writers on one pipe. */
import type { Experiment } from '../experiment.js';
import { manyWriters } from './many-writers.js';
import { largeMessages, smallMessages } from './two-writers.js';

export { splitIn } from './writers.js';

export const atomicity: readonly Experiment[] = [largeMessages, smallMessages, manyWriters];
