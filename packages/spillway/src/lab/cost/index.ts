/** What starts, exchanges and exits cost on this machine: figures, which no verdict rests on. */
import type { Experiment } from '../experiment.js';
import { exitNotice } from './exit-notice.js';
import { roundTrip } from './round-trip.js';
import { startCost } from './start-cost.js';

export const cost: readonly Experiment[] = [startCost, roundTrip, exitNotice];
