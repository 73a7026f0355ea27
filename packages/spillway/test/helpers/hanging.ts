/** Programs that hang, started for a test: after it every process that has inherited their mark is killed. */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import {
  type Diagnosis,
  describe,
  diagnose,
  type Finding,
  type FindingKind,
} from '../../src/doctor/index.js';
import { isAlive, scratchDirectory, until } from './leaks.js';
import { childProgram } from './programs.js';

const MARK = `SPILLWAY_TEST_HANG=${process.pid}.${Date.now()}`;

/** To be called once at the top of a test file, after `checkForLeaks`. */
export function endHanging(): void {
  afterEach(async () => {
    await until(() => {
      const pids = marked();
      for (const pid of pids) endProcess(pid);
      return pids.length === 0;
    });
  });
}

/** Starts a program in a session of its own; it and all that it starts are ended after the test. */
export function startHanging(file: string, args: readonly string[], options: SpawnOptions = {}): Hanging {
  const [name, value] = MARK.split('=') as [string, string];
  const env = { ...process.env, ...options.env, [name]: value };
  const child = spawn(file, args, { stdio: 'ignore', detached: true, ...options, env });
  // A program that cannot be started has no pid.
  child.on('error', () => {});
  return Object.assign(child, { pid: child.pid as number });
}

export type Hanging = ChildProcess & { readonly pid: number };

/** One of the programs in test/children/hang.py. */
export function python(name: string, options: SpawnOptions = {}): Hanging {
  return startHanging('python3', [childProgram('hang.py'), name, join(scratchDirectory(), 'file')], options);
}

/** One of the programs in test/children/hang.mjs. */
export function node(name: string): Hanging {
  // V8 shrinks its heap by a timer of its own while the program is idle: for the doctor a way out.
  return startHanging(process.execPath, ['--no-memory-reducer', childProgram('hang.mjs'), name]);
}

export const hasJava = (process.env.PATH ?? '').split(':').some((path) => existsSync(join(path, 'java')));

/** One of the programs in test/children/Hang.java. */
export function java(name: string): Hanging {
  const options = ['-XX:-UsePerfData', '-XX:TieredStopAtLevel=1', `-Djava.io.tmpdir=${scratchDirectory()}`];
  return startHanging('java', [...options, childProgram('Hang.java'), name]);
}

/** Looks at the tree until it is what it is to become, and gives that finding. */
export async function foundIn(pid: number, kind: FindingKind): Promise<Finding> {
  let last: Diagnosis | undefined;
  let found: Finding | undefined;
  await until(
    async () => {
      last = await diagnose({ pids: [pid] });
      found = last.findings.find((one) => one.kind === kind);
      return found !== undefined;
    },
    () => `no ${kind}: ${last && describe(last)}\n${JSON.stringify(last?.findings)}`,
    40_000,
  );
  return found as Finding;
}

/** Who waits how, in the order of the story. */
export function steps(finding: Finding): string[] {
  return finding.waits.map(({ process, action, fd }) => [process.name, action, fd].join(' ').trim());
}

export function childrenOf(pid: number): number[] {
  const text = execFileSync('sh', ['-c', `cat /proc/${pid}/task/${pid}/children`], { encoding: 'utf8' });
  return text.split(' ').filter(Boolean).map(Number);
}

/** Kills the process and its group before the end of the test. */
export function endGroup(pid: number): void {
  endProcess(-pid);
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Processes that were started with the mark and have not ended. */
function marked(): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const variables = readFileSync(`/proc/${name}/environ`, 'latin1').split('\0');
      return variables.includes(MARK) && isAlive(Number(name)) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
