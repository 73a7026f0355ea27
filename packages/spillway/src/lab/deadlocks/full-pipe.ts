import { need, requireSettable } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { figure } from '../notes.js';
import { expectCured, expectCuredByCommunicate } from './cures.js';
import { WITHOUT, withPipes } from './shell-pipes.js';
import { expectEnds, expectHangs, type Side } from './sides.js';

const PYTHON = `
import sys, subprocess
p = subprocess.Popen(['head', '-c', sys.argv[1], '/dev/zero'], stdout=subprocess.PIPE)
p.wait()
print(len(p.stdout.read()))
`;
const SH = withPipes(`
head -c "$1" /dev/zero >&4 ${WITHOUT} &
exec 4>&-
wait
wc -c <&3
`);
const C = `
#include <unistd.h>
#include <sys/wait.h>
int main(int argc, char **argv) {
  int out[2];
  pipe(out);
  if (fork() == 0) {
    dup2(out[1], 1);
    close(out[0]);
    close(out[1]);
    execlp("head", "head", "-c", argv[1], "/dev/zero", (char *)0);
  }
  close(out[1]);
  wait(0);
  return 0;
}
`;
const NODE = `
const child = require('child_process').spawn('head', ['-c', process.argv[1], '/dev/zero']);
child.on('exit', () => process.exit());
`;

const sidesOf = (bytes: string, forNode: string): readonly Side[] => [
  { language: 'Python', source: PYTHON, args: [bytes] },
  { language: 'sh', source: SH, args: [bytes] },
  { language: 'C', source: C, args: [bytes] },
  { language: 'Node', source: NODE, args: [forNode], does: `${figure(Number(forNode))} bytes` },
];

export const waitBeforeRead: Experiment = {
  name: 'wait-before-read',
  group: 'deadlocks',
  question: 'From how many bytes on does a parent hang that waits before it reads?',
  steps: [
    'have a child write 65,536 bytes to a pipe, wait for it, then read',
    'the same with one byte more; have the doctor look',
    'the same child with each cure',
  ],
  expected: '65,536 bytes pass; with one more, parent and child wait for each other for ever.',
  source: 'pipe(7), "Pipe capacity"; Python, subprocess: "This will deadlock when using stdout=PIPE …"',
  relied: 'each stream is read from the start on',
  follows: 'Never wait for a child before its output has been read. Node’s sockets only move the limit.',
  limitMs: 60_000,
  async perform(notes) {
    need('head');
    await Promise.all([
      expectEnds(notes, '65,536 bytes', sidesOf('65536', '65536')),
      expectHangs(notes, '65,537 bytes', sidesOf('65537', '4000000')),
    ]);
    const patient = { file: 'head', args: ['-c', '65537', '/dev/zero'], stdout: 65_537, stderr: 0 };
    await expectCured(notes, patient);
    await expectCuredByCommunicate(notes, patient);
  },
};

const SIZED_PYTHON = `
import sys, subprocess
if sys.version_info < (3, 10): sys.exit(77)
p = subprocess.Popen(['head', '-c', sys.argv[1], '/dev/zero'], stdout=subprocess.PIPE, pipesize=1048576)
p.wait()
`;
const SIZED_C = C.replace(
  '#include <unistd.h>',
  '#define _GNU_SOURCE\n#include <fcntl.h>\n#include <unistd.h>',
).replace('pipe(out);', 'pipe(out);\n  if (fcntl(out[1], F_SETPIPE_SZ, 1048576) < 0) return 77;');
const MIB = 1_048_576;
const sized = (bytes: string): readonly Side[] => [
  { language: 'Python', source: SIZED_PYTHON, args: [bytes] },
  { language: 'C', source: SIZED_C, args: [bytes] },
];

export const pipesize: Experiment = {
  name: 'pipesize',
  group: 'deadlocks',
  question: 'Does a larger pipe prevent the deadlock?',
  steps: [
    'make the pipe hold 1 MiB (pipesize= of Python, F_SETPIPE_SZ in C), and wait before reading',
    'have the child write 65,537 bytes, 1,048,576, and one more',
  ],
  expected: 'No: it hangs one byte later than the new capacity.',
  source: 'fcntl(2), F_SETPIPE_SZ; Python, subprocess, pipesize (since 3.10)',
  follows: 'A larger pipe makes the fault rarer, and so harder to find. Read instead.',
  limitMs: 60_000,
  async perform(notes) {
    need('head');
    requireSettable(MIB);
    await Promise.all([
      expectEnds(notes, '65,537 bytes, capacity 1 MiB', sized('65537')),
      expectEnds(notes, '1,048,576 bytes, capacity 1 MiB', sized('1048576')),
      expectHangs(notes, '1,048,577 bytes, capacity 1 MiB', sized('1048577')),
    ]);
    await expectCured(notes, {
      file: 'head',
      args: ['-c', '1048577', '/dev/zero'],
      stdout: 1_048_577,
      stderr: 0,
    });
  },
};
