/** The same child, cured: in each way that articles name, by the library. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { run, start } from '../../run/index.js';
import { need } from '../bench/index.js';
import type { Notes } from '../notes.js';
import { expectEnds } from './sides.js';

export interface Patient {
  readonly file: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** Bytes that it writes to stdout, and to stderr. */
  readonly stdout: number;
  readonly stderr: number;
}

const TIMEOUT_MS = 20_000;

export async function expectCured(notes: Notes, patient: Patient): Promise<void> {
  const { file, args, input } = patient;
  need(file);
  const options = { check: false, timeout: TIMEOUT_MS, ...(input !== undefined && { input }) };
  const both = `ends, ${patient.stdout} and ${patient.stderr} bytes`;
  const check = (how: string, expected: string, seen: string) => notes.check(`cured: ${how}`, expected, seen);
  for (const [how, place] of [
    ['inherited stdio', 'inherit'],
    ['the null device', 'ignore'],
  ] as const) {
    const { exitCode, reason } = await run(file, args, { ...options, stdout: place, stderr: place });
    check(how, 'ends', endOf(exitCode, reason));
  }
  const out = join(notes.directory, 'stdout');
  const err = join(notes.directory, 'stderr');
  const filed = await run(file, args, { ...options, stdout: { file: out }, stderr: { file: err } });
  check('files', both, `${endOf(filed.exitCode, filed.reason)}, ${sizeOf(out)} and ${sizeOf(err)} bytes`);
  check('both streams drained in a loop', both, await drained(patient));
  const whole = await run(file, args, options);
  const { stdout, stderr } = whole.output;
  check('run()', both, `${endOf(whole.exitCode, whole.reason)}, ${stdout.size} and ${stderr.size} bytes`);
}

async function drained({ file, args, input }: Patient): Promise<string> {
  const bytes = { stdout: 0, stderr: 0 };
  const child = start(file, args, {
    check: false,
    timeout: TIMEOUT_MS,
    stdout: 'stream',
    stderr: 'stream',
    ...(input !== undefined && { input }),
  });
  const drain = async (name: 'stdout' | 'stderr') => {
    for await (const chunk of child[name]) bytes[name] += chunk.length;
  };
  await Promise.all([drain('stdout'), drain('stderr')]);
  const { exitCode, reason } = await child.result;
  return `${endOf(exitCode, reason)}, ${bytes.stdout} and ${bytes.stderr} bytes`;
}

function endOf(exitCode: number | undefined, reason: string): string {
  return exitCode === 0 ? 'ends' : `ends with ${exitCode ?? reason}`;
}

const sizeOf = (path: string) => statSync(path).size;

/** What Python offers for it. */
export async function expectCuredByCommunicate(notes: Notes, { file, args, input }: Patient): Promise<void> {
  const stdin = input === undefined ? 'DEVNULL' : 'PIPE';
  const data = input === undefined ? 'None' : `b"x" * ${input.length}`;
  const source = `
import sys
from subprocess import *
p = Popen(sys.argv[1:], stdin=${stdin}, stdout=PIPE, stderr=PIPE)
p.communicate(${data})
`;
  await expectEnds(notes, 'communicate()', [{ language: 'Python', source, args: [file, ...args] }]);
}
