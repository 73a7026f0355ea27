/** Reading and writing: the rules of pipes. */
import type { Experiment } from '../experiment.js';
import { emptyPipe } from './empty-pipe.js';
import { endOfFile } from './end-of-file.js';
import { fullPipe } from './full-pipe.js';
import { noReader } from './no-reader.js';
import { socketPair } from './socket-pair.js';
import { writeSizes } from './write-sizes.js';

export const reading: readonly Experiment[] = [
  emptyPipe,
  fullPipe,
  endOfFile,
  noReader,
  writeSizes,
  socketPair,
];
