import { need } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { expectCured, expectCuredByCommunicate } from './cures.js';
import { WITHOUT, withPipes } from './shell-pipes.js';
import { expectHangs, type Side } from './sides.js';

const MUCH = 1_000_000;

const SIDES: readonly Side[] = [
  {
    language: 'Python',
    source: `
from subprocess import *
p = Popen(['cat'], stdin=PIPE, stdout=PIPE)
p.stdin.write(b'x' * ${MUCH})
p.stdin.close()
out = p.stdout.read()
`,
  },
  {
    language: 'sh',
    // 3 and 4 are the ends of what cat writes, 5 and 6 of what it reads.
    source: withPipes(`
cat <&5 >&4 ${WITHOUT} &
exec 4>&- 5<&-
head -c ${MUCH} /dev/zero >&6 ${WITHOUT}
exec 6>&-
wc -c <&3
`),
  },
  {
    language: 'C',
    source: `
#include <unistd.h>
int main(void) {
  int in[2], out[2];
  static char much[${MUCH}], buffer[4096];
  pipe(in);
  pipe(out);
  if (fork() == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[0]); close(in[1]); close(out[0]); close(out[1]);
    execlp("cat", "cat", (char *)0);
  }
  close(in[0]);
  close(out[1]);
  write(in[1], much, sizeof much);
  close(in[1]);
  while (read(out[0], buffer, sizeof buffer) > 0);
  return 0;
}
`,
  },
  {
    language: 'Node',
    source: `
const child = require('child_process').spawn('cat');
(async () => {
  await new Promise((written) => child.stdin.end('x'.repeat(8000000), written));
  for await (const chunk of child.stdout);
})();
`,
  },
];

export const bothWays: Experiment = {
  name: 'stdin-then-stdout',
  group: 'deadlocks',
  question: 'May a parent write all of stdin, and read stdout afterwards?',
  steps: [
    'give cat 1,000,000 bytes, then read what it says; have the doctor look',
    'the same with each cure',
  ],
  expected: 'No: cat waits for its stdout to be read, and the parent for cat to read its stdin.',
  source:
    'pipe(7); POSIX popen(), RATIONALE; Python, subprocess: "Use communicate() rather than .stdin.write …"',
  relied: 'stdin is written while both outputs are read',
  follows: 'A filter must be read while it is fed. 128 KiB of test data do not show the fault.',
  limitMs: 60_000,
  async perform(notes) {
    need('cat', 'head');
    await expectHangs(notes, 'stdin, then stdout', SIDES);
    const patient = { file: 'cat', args: [], input: 'x'.repeat(MUCH), stdout: MUCH, stderr: 0 };
    await expectCured(notes, patient);
    await expectCuredByCommunicate(notes, patient);
  },
};
