import { createPipe, PIPE_BUF } from '../../pipe/index.js';
import { pageBytes } from '../../system/index.js';
import { fill } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { CannotRun } from '../notes.js';

export const defaultCapacity: Experiment = {
  name: 'default-capacity',
  group: 'capacity',
  question: 'How much does a pipe hold by default, and what has PIPE_BUF to do with it?',
  steps: ['make a pipe, and ask for its capacity', 'fill it with writes of PIPE_BUF bytes, and count them'],
  expected: '16 pages, 65,536 bytes where a page has 4,096; PIPE_BUF is 4,096, and something else.',
  source: 'pipe(7), "Pipe capacity" (since Linux 2.6.11) and "PIPE_BUF"; limits.h',
  relied: 'readers take 64 KiB at a time; `createPipe` and channels know the default',
  follows: 'Output up to 65,536 bytes never hangs; one byte more does. It is not 4 MiB, nor 4 KiB.',
  perform(notes) {
    const { reader, writer } = createPipe();
    const { capacity } = reader;
    if (capacity === undefined) throw new CannotRun('this system does not tell the capacity of a pipe');
    notes.check('F_GETPIPE_SZ', 16 * pageBytes(), capacity);
    notes.check('bytes until EAGAIN', capacity, fill(writer, PIPE_BUF));
    notes.check('PIPE_BUF', 4096, PIPE_BUF);
    notes.check('PIPE_BUF and the capacity', 'differ', PIPE_BUF === capacity ? 'are the same' : 'differ');
    notes.figure('bytes of a page', pageBytes());
    reader.close();
    writer.close();
  },
};
