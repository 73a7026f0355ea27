import type { Experiment } from '../experiment.js';
import { mixtureOf } from './writers.js';

const SHOWN = 216;
const KIB = 1024;

const steps = (size: string) => [
  `have two processes write messages of ${size} to one pipe, each by one write(2)`,
  'begin to read when both wait in write',
  'count the messages that have bytes of the other writer inside',
];

export const largeMessages: Experiment = {
  name: 'two-writers-large',
  group: 'atomicity',
  question: 'Do messages of 68 KiB of two writers stay whole?',
  steps: steps('68 KiB'),
  expected: 'No: a write of more than PIPE_BUF bytes may be mixed with those of other writers.',
  source: 'POSIX write(): "Writes of greater than {PIPE_BUF} bytes may have data interleaved"; pipe(7)',
  follows: 'Two processes with one log on a pipe mix their lines once a write is larger than 4,096 bytes.',
  async perform(notes) {
    const { split, messages, blocks, isWhole } = await mixtureOf(notes, {
      writers: 2,
      size: 68 * KIB,
      count: 20,
    });
    notes.judge('messages in pieces', 'some', split > 0 ? 'some' : 'none', split > 0);
    notes.judge(
      'bytes in all',
      'as many as were written',
      isWhole ? 'as many as were written' : 'others',
      isWhole,
    );
    notes.figure('messages in pieces', `${split} of ${messages}`);
    notes.draw({
      kind: 'strip',
      name: 'two-writers-large',
      title: 'Who wrote which block of 4 KiB, in the order of reading; messages have 17 blocks',
      rows: [{ label: 'two writers, 68 KiB by each write', blocks: blocks.slice(0, SHOWN) }],
      note: '',
    });
  },
};

export const smallMessages: Experiment = {
  name: 'two-writers-small',
  group: 'atomicity',
  question: 'Do messages of 4 KiB of two writers stay whole?',
  steps: steps('4 KiB'),
  expected: 'Yes, each of them: 4,096 bytes are PIPE_BUF.',
  source: 'POSIX write(): "Write requests of {PIPE_BUF} bytes or less shall not be interleaved"; pipe(7)',
  relied: 'channels with several writers: frames of at most PIPE_BUF bytes need no lock',
  follows: 'Up to 4,096 bytes by one write(2) need no lock. Whose turn it is remains open.',
  async perform(notes) {
    const { split, messages, blocks, isWhole } = await mixtureOf(notes, {
      writers: 2,
      size: 4 * KIB,
      count: 300,
    });
    notes.check('messages in pieces', 0, split);
    notes.judge(
      'bytes in all',
      'as many as were written',
      isWhole ? 'as many as were written' : 'others',
      isWhole,
    );
    notes.figure('messages', messages);
    notes.draw({
      kind: 'strip',
      name: 'two-writers-small',
      title: 'Who wrote which block of 4 KiB, in the order of reading; a message is a block',
      rows: [{ label: 'two writers, 4 KiB by each write', blocks: blocks.slice(0, SHOWN) }],
      note: '',
    });
  },
};
