import { need } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { expectCured, expectCuredByCommunicate, type Patient } from './cures.js';
import { WITHOUT, withPipes } from './shell-pipes.js';
import { expectHangs, type Side } from './sides.js';

/** Much on stderr, then one line on stdout. Node’s sockets and its own buffer hold more than a pipe does. */
const WRITES = 'head -c "$0" /dev/zero >&2; echo done';
const MUCH = '200000';
const patient: Patient = { file: 'sh', args: ['-c', WRITES, MUCH], stdout: 5, stderr: 200_000 };
const IN_PYTHON = `['sh', '-c', 'head -c ${MUCH} /dev/zero >&2; echo done']`;
const IN_NODE = `'sh', ['-c', 'head -c 4000000 /dev/zero >&2; echo done']`;

/** Starts the child with two pipes, of which `loop` reads. */
const c = (loop: string) => `
#include <unistd.h>
#include <sys/wait.h>
int main(void) {
  int out[2], err[2], status;
  char buffer[4096];
  pipe(out);
  pipe(err);
  pid_t pid = fork();
  if (pid == 0) {
    dup2(out[1], 1);
    dup2(err[1], 2);
    close(out[0]); close(out[1]); close(err[0]); close(err[1]);
    execlp("sh", "sh", "-c", "head -c ${MUCH} /dev/zero >&2; echo done", (char *)0);
  }
  close(out[1]);
  close(err[1]);
  ${loop}
  return 0;
}
`;
const sh = (loop: string) =>
  withPipes(`
sh -c 'head -c ${MUCH} /dev/zero >&2; echo done' >&4 2>&6 ${WITHOUT} &
exec 4>&- 6>&-
${loop}
`);

const ONE_AFTER_THE_OTHER: readonly Side[] = [
  {
    language: 'Python',
    source: `
from subprocess import *
p = Popen(${IN_PYTHON}, stdout=PIPE, stderr=PIPE)
out = p.stdout.read()
err = p.stderr.read()
p.wait()
`,
  },
  { language: 'sh', source: sh('cat <&3 >out\ncat <&5 >err') },
  {
    language: 'C',
    source: c(`while (read(out[0], buffer, sizeof buffer) > 0);
  while (read(err[0], buffer, sizeof buffer) > 0);
  waitpid(pid, &status, 0);`),
  },
  {
    language: 'Node',
    source: `
const child = require('child_process').spawn(${IN_NODE});
(async () => {
  for await (const chunk of child.stdout);
  for await (const chunk of child.stderr);
})();
`,
  },
];

export const oneStreamAtATime: Experiment = {
  name: 'one-stream-at-a-time',
  group: 'deadlocks',
  question: 'May a parent read stdout to its end, and stderr afterwards?',
  steps: [
    'have a child write 200,000 bytes to stderr, then a line to stdout',
    'read stdout to its end, then stderr; have the doctor look',
    'the same child with each cure',
  ],
  expected: 'No: the child waits for stderr to be read, and the parent for the end of stdout.',
  source: 'pipe(7); Python, subprocess: "Use communicate() rather than .stdout.read …"',
  relied: 'both streams are read at the same time',
  follows: 'Read all streams at once, or give what you do not need to the null device.',
  limitMs: 60_000,
  async perform(notes) {
    need('sh', 'head');
    await expectHangs(notes, 'stdout, then stderr', ONE_AFTER_THE_OTHER);
    await expectCured(notes, patient);
    await expectCuredByCommunicate(notes, patient);
  },
};

const LOOPS: readonly Side[] = [
  {
    language: 'Python',
    source: `
import io
from subprocess import *
p = Popen(${IN_PYTHON}, stdout=PIPE, stderr=PIPE)
out = io.BytesIO()
while p.poll() is None:
    out.write(p.stdout.read())
`,
  },
  { language: 'sh', source: sh('while kill -0 $! 2>/dev/null; do cat <&3 >all; done') },
  {
    language: 'C',
    source: c(`while (waitpid(pid, &status, WNOHANG) == 0)
    while (read(out[0], buffer, sizeof buffer) > 0);`),
  },
  {
    language: 'Node',
    source: `
const child = require('child_process').spawn(${IN_NODE});
(async () => {
  while (child.exitCode === null) for await (const chunk of child.stdout);
})();
`,
  },
];

export const pollReadLoop: Experiment = {
  name: 'poll-read-loop',
  group: 'deadlocks',
  question: 'Is a loop of poll and read a cure?',
  steps: [
    'have a child write 200,000 bytes to stderr, then a line to stdout',
    '`while p.poll() is None: out.write(p.stdout.read())`, and what is like it elsewhere',
    'have the doctor look; the same child with each cure',
  ],
  expected: 'No: read() waits for the end of one stream; poll is not asked a second time.',
  source: 'Python, io: read() "until EOF is returned"; read(2); pipe(7)',
  follows: 'A loop around a call that waits is no loop. It also spins once the stream has ended.',
  limitMs: 60_000,
  async perform(notes) {
    need('sh', 'head');
    await expectHangs(notes, 'poll and read', LOOPS);
    await expectCured(notes, patient);
    await expectCuredByCommunicate(notes, patient);
  },
};
