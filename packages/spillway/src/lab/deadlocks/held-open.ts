import { need } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { expectCured } from './cures.js';
import { expectHangs, type Side } from './sides.js';

/** A daemon that has inherited stdout, and lives on. */
const STARTS = 'sleep 1000 & echo started';

const SIDES: readonly Side[] = [
  {
    language: 'Python',
    how: 'run()',
    source: `
import subprocess
subprocess.run(['sh', '-c', '${STARTS}'], stdout=subprocess.PIPE)
`,
  },
  {
    language: 'Python',
    how: 'communicate()',
    source: `
from subprocess import *
Popen(['sh', '-c', '${STARTS}'], stdout=PIPE).communicate()
`,
  },
  {
    language: 'Python',
    how: 'communicate(timeout=…), kill(), communicate(), as its manual has it',
    source: `
from subprocess import *
p = Popen('sleep 1000; true', shell=True, stdout=PIPE)
try:
    p.communicate(timeout=0.2)
except TimeoutExpired:
    p.kill()
    p.communicate()
`,
  },
  { language: 'sh', source: `out=$(sh -c '${STARTS}')` },
  {
    language: 'C',
    how: 'popen',
    source: `
#include <stdio.h>
int main(void) {
  char buffer[4096];
  FILE *out = popen("${STARTS}", "r");
  while (fread(buffer, 1, sizeof buffer, out) > 0);
  return pclose(out);
}
`,
  },
  {
    language: 'Node',
    how: 'exec',
    source: `require('child_process').exec('${STARTS}', (error, stdout) => console.log(stdout));`,
  },
];

export const heldOpen: Experiment = {
  name: 'output-held-open',
  group: 'deadlocks',
  question: 'Can `communicate`, `run`, `$(…)` and `exec`, which read everything, hang after all?',
  steps: [
    'have a command start a background process that inherits stdout, and exit',
    'read to the end of stdout; have the doctor look',
    'the same command with each cure, and by run()',
  ],
  expected: 'Yes: end-of-file does not come while the background process lives.',
  source: 'pipe(7): end-of-file when all write ends are closed; Python, subprocess, communicate()',
  relied: 'at the exit the unread bytes are counted, and no end-of-file is waited for',
  follows: 'Wait for the exit, not for end-of-file. A timeout that kills the shell alone does not help.',
  limitMs: 60_000,
  async perform(notes) {
    need('sh', 'sleep');
    await expectHangs(notes, 'to the end', SIDES);
    await expectCured(notes, { file: 'sh', args: ['-c', STARTS], stdout: 8, stderr: 0 });
  },
};
