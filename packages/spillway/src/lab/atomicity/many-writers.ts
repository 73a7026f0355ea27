import { PIPE_BUF } from '../../pipe/index.js';
import type { Experiment } from '../experiment.js';
import { figure } from '../notes.js';
import { mixtureOf } from './writers.js';

const WRITERS = 8;
/** What each writer writes: several times what a pipe holds, so that they compete all the time. */
const BYTES = 262_144;

export const manyWriters: Experiment = {
  name: 'many-writers',
  group: 'atomicity',
  question: 'From which size on are messages of eight writers mixed?',
  steps: [
    'have eight processes write to one pipe, with sizes below, at and above PIPE_BUF',
    'count as for two',
  ],
  expected: 'None up to PIPE_BUF bytes; some above.',
  source: 'POSIX write(); pipe(7), "PIPE_BUF"',
  relied: 'channels with several writers: frames of at most PIPE_BUF bytes need no lock',
  follows: 'The limit is sharp: 4,096 bytes are safe, and 4,097 are not.',
  limitMs: 60_000,
  async perform(notes) {
    const sizes = [100, PIPE_BUF / 8, PIPE_BUF, PIPE_BUF + 1, 2 * PIPE_BUF, 16 * PIPE_BUF];
    const rows: { label: string; blocks: string }[] = [];
    for (const size of sizes) {
      const mixture = await mixtureOf(notes, { writers: WRITERS, size, count: Math.ceil(BYTES / size) });
      const { split, messages, blocks } = mixture;
      const what = `messages of ${figure(size)} in pieces`;
      if (size <= PIPE_BUF) notes.check(what, 0, split);
      else notes.judge(what, 'some', split > 0 ? 'some' : 'none', split > 0, { isAside: true });
      notes.figure(what, `${figure(split)} of ${figure(messages)}`);
      if (size >= PIPE_BUF)
        rows.push({ label: `writes of ${figure(size)} bytes`, blocks: blocks.slice(0, 144) });
    }
    notes.draw({
      kind: 'strip',
      name: 'many-writers',
      title: 'Eight writers: who wrote which block of 4 KiB, in the order of reading',
      rows,
      note: '',
    });
  },
};
