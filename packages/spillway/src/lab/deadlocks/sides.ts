/**
 * Programs as they are written in the wild, in the languages that are installed here. Whether one hangs is
 * never told by time: the doctor looks at it, and its words are kept.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnosis, DoctorError, describeFinding, diagnose } from '../../doctor/index.js';
import { run, start } from '../../run/index.js';
import { eventually, has, requireProc } from '../bench/index.js';
import { CannotRun, Notes } from '../notes.js';

export type Language = 'Python' | 'sh' | 'C' | 'Node';

export interface Side {
  readonly language: Language;
  readonly source: string;
  readonly args?: readonly string[];
  /** By which means. */
  readonly how?: string;
  /** What it does, where that differs from the other sides. */
  readonly does?: string;
}

interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** It says so by this status when its language is too old. */
export const TOO_OLD = 77;
const LONGEST_MS = 20_000;
let count = 0;

const nameOf = ({ language, how, does }: Side, what: string) =>
  `${how === undefined ? language : `${language}, ${how}`}: ${does ?? what}`;

/** All of them at once, since most of the time they wait. Throws CannotRun when none of them could be. */
export async function expectHangs(notes: Notes, what: string, sides: readonly Side[]): Promise<void> {
  const before = notes.checks.length;
  await tryAll(notes, what, 'hangs', sides);
  const own = notes.checks.slice(before);
  if (own.every(({ verdict }) => verdict === 'could not be run'))
    throw new CannotRun(own[0]?.why ?? 'there is no side');
}

export async function expectEnds(notes: Notes, what: string, sides: readonly Side[]): Promise<void> {
  await tryAll(notes, what, 'ends', sides);
}

async function tryAll(notes: Notes, what: string, expected: string, sides: readonly Side[]): Promise<void> {
  const each = sides.map(async (side) => {
    const own = new Notes(notes.directory);
    const name = nameOf(side, what);
    await own.attempt(name, expected, () => tryOne(own, name, expected, side));
    return own;
  });
  for (const own of await Promise.all(each)) notes.add(own);
}

async function tryOne(notes: Notes, name: string, expected: string, side: Side): Promise<void> {
  const { seen, words } = await look(await commandFor(side, notes.directory));
  notes.check(name, expected, seen);
  if (words !== undefined) notes.say(name, words);
}

/** The command, made or compiled. Throws CannotRun where its language is not installed. */
async function commandFor({ language, source, args = [] }: Side, directory: string): Promise<Command> {
  const cwd = join(directory, String(++count));
  mkdirSync(cwd);
  switch (language) {
    case 'Python':
      requireInstalled('python3');
      return { file: 'python3', args: ['-c', source, ...args], cwd };
    case 'sh':
      requireInstalled('sh');
      return { file: 'sh', args: ['-c', source, 'sh', ...args], cwd };
    case 'C':
      return { file: await compiled(source, directory), args, cwd };
    case 'Node':
      // V8 shrinks its heap by a timer of its own while the program is idle: to the doctor a way out.
      return { file: process.execPath, args: ['--no-memory-reducer', '-e', source, ...args], cwd };
  }
}

/** Each source is compiled once. */
const programs = new Map<string, Promise<string>>();

function compiled(source: string, directory: string): Promise<string> {
  requireInstalled('cc');
  const known = programs.get(source) ?? compile(source, join(directory, `naive${programs.size}`));
  programs.set(source, known);
  return known;
}

async function compile(source: string, program: string): Promise<string> {
  const result = await run('cc', ['-w', '-x', 'c', '-o', program, '-'], {
    input: source,
    timeout: LONGEST_MS,
    check: false,
  });
  if (!result.ok) throw new CannotRun(`cc does not compile it: ${result.stderr.split('\n')[0]}`);
  return program;
}

function requireInstalled(program: string): void {
  if (!has(program)) throw new CannotRun(`${program} is not installed`);
}

async function look({ file, args, cwd }: Command): Promise<{ seen: string; words?: string }> {
  requireProc();
  // A pipe of ours would be one more that the doctor has to think of.
  const errors = join(cwd, 'errors');
  const child = start(file, args, {
    cwd,
    stdout: 'ignore',
    stderr: { file: errors },
    check: false,
    leftovers: 'kill-all',
    terminate: { signal: 'SIGKILL' },
  });
  try {
    let last: Diagnosis | undefined;
    let ended: number | NodeJS.Signals | undefined;
    void child.result.then(({ exitCode, signal }) => {
      ended = exitCode ?? signal;
    });
    const words = await eventually(
      async () => {
        if (ended !== undefined) return '';
        last = await diagnosisOf(child.pid);
        const hang = last?.findings.find(({ isHang }) => isHang);
        return hang && describeFinding(hang);
      },
      LONGEST_MS,
      10,
    );
    // A program that failed has shown nothing: something that it needs is refused here.
    if (ended === TOO_OLD) throw new CannotRun('this language or system is too old for it');
    if (ended !== undefined && ended !== 0) throw new CannotRun(failure(ended, errors));
    if (ended === 0) return { seen: 'ends' };
    if (words) return { seen: 'hangs', words };
    if (last?.limits.length) throw new CannotRun(`the doctor may not read it: ${last.limits[0]?.reason}`);
    // On a machine that is busy enough any time is too short: that is no verdict.
    throw new CannotRun(`after ${LONGEST_MS / 1000} s it had not ended, and the doctor saw no hang`);
  } finally {
    await child.terminate();
  }
}

function failure(status: number | NodeJS.Signals, errors: string): string {
  const lines = readFileSync(errors, 'utf8').trimEnd().split('\n');
  return `it failed with ${status}: ${lines.find((line) => /error/i.test(line)) ?? lines.at(-1)}`;
}

async function diagnosisOf(pid: number): Promise<Diagnosis | undefined> {
  try {
    return await diagnose({ pids: [pid], mayHaveEnded: true });
  } catch (error) {
    if (error instanceof DoctorError) throw new CannotRun(error.message);
    throw error;
  }
}
