import { WriteEnd } from '../../pipe/index.js';
import { closeDescriptor, createSocketPair, pipeCapacity } from '../../system/index.js';
import { fill, resultOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { figure } from '../notes.js';

export const socketCapacity: Experiment = {
  name: 'socket-capacity',
  group: 'capacity',
  question: 'How much does a UNIX socket pair hold, which Node gives to children as stdio?',
  steps: [
    'make a socket pair',
    'ask for its capacity as that of a pipe',
    'fill it by writes of several sizes',
  ],
  expected: 'It is no pipe (EBADF); it holds another number of bytes, which depends on the writes.',
  source: 'fcntl(2), F_GETPIPE_SZ: EBADF; socket(7), SO_SNDBUF; unix(7)',
  follows:
    'A test that passes on Node’s sockets with 100 KB of unread output hangs on a pipe; small writes fill ' +
    'a socket sooner.',
  perform(notes) {
    const sizes = [1, 64, 512, 4096, 65_536];
    const counts = sizes.map((size) => {
      const [left, right] = createSocketPair('filling a socket pair');
      const writer = new WriteEnd(left);
      if (size === sizes[0])
        notes.check(
          'F_GETPIPE_SZ',
          'EBADF',
          resultOf(() => pipeCapacity(right) ?? 'none'),
        );
      const count = fill(writer, size);
      writer.close();
      closeDescriptor(right);
      return count;
    });
    for (const [index, count] of counts.entries())
      notes.figure(`writes of ${figure(sizes[index] ?? 0)}`, count);
    const differing = new Set(counts).size > 1;
    notes.judge(
      'bytes until full, by the size of a write',
      'vary',
      differing ? 'vary' : 'the same',
      differing,
    );
  },
};
