import { ReadEnd, WriteEnd } from '../../pipe/index.js';
import { closeDescriptor, createSocketPair, duplicate } from '../../system/index.js';
import { drain, fill, readWord, writeWord } from '../bench/index.js';
import type { Experiment } from '../experiment.js';

export const socketPair: Experiment = {
  name: 'socket-pair',
  group: 'reading',
  question: 'Do UNIX sockets, which Node gives to children as stdio, keep the same four rules?',
  steps: ['make a socket pair', 'read it empty, fill it, close one side, and use the other'],
  expected: 'EAGAIN when empty or full, the rest and then 0 without a writer, EPIPE without a reader.',
  source: 'POSIX socketpair(), recv(), send(); unix(7)',
  follows: 'A child on a socket blocks as one on a pipe does, after another number of bytes.',
  perform(notes) {
    const [left, right] = createSocketPair('trying a socket pair');
    const copy = duplicate(right, 3, 'reading and writing one side');
    const reader = new ReadEnd(left);
    const writer = new WriteEnd(right);
    notes.check('read, empty, O_NONBLOCK', 'EAGAIN', readWord(reader.read()));
    const held = fill(writer, 4096);
    notes.check('write, full, O_NONBLOCK', 'EAGAIN', writeWord(writer.write(Buffer.alloc(4096))));
    notes.check('read back', held, drain(reader));
    writer.write(Buffer.from('rest'));
    writer.close();
    closeDescriptor(copy);
    notes.check('read, the other side gone', '4 bytes', readWord(reader.read()));
    notes.check('read again', '0 (end of file)', readWord(reader.read()));
    const back = new WriteEnd(reader.release());
    notes.check('write, the other side gone', 'EPIPE', writeWord(back.write(Buffer.from('x'))));
    back.close();
  },
};
