/** `spillway timeout` as a shell starts it, and GNU's to compare it with. */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { endOf, PROGRAM } from './spillway.js';

/** The variables of this process; `node` is the one that runs the tests, and messages are in plain quotes. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
}

const GNU = '/usr/bin/timeout';

/** Why there is nothing to compare with, or undefined. */
export const noGnu = /GNU coreutils/.test(spawnSync(GNU, ['--version'], { encoding: 'utf8' }).stdout ?? '')
  ? undefined
  : "GNU's timeout is missing";

/** The program and the words before timeout's own. */
const PROGRAMS = { spillway: [PROGRAM, 'timeout'], gnu: [GNU] } as const;
export type Timeout = keyof typeof PROGRAMS;

/** Words that start it, for a shell's command line. */
export function words(program: Timeout = 'spillway'): string {
  return PROGRAMS[program].join(' ');
}

/** Starts it with these words, in a session of its own, which Ctrl-C and signals to a group cannot leave. */
export function startTimeout(
  args: readonly string[],
  options: SpawnOptions = {},
  program: Timeout = 'spillway',
): ChildProcess {
  const [file, ...first] = PROGRAMS[program];
  const argv0 = program === 'gnu' ? { argv0: 'timeout' } : {};
  return spawn(file, [...first, ...args], { env: plainEnvironment(), detached: true, ...argv0, ...options });
}

/** Runs it to its end; stdin is empty. */
export function timeout(args: readonly string[], options: SpawnOptions = {}, program: Timeout = 'spillway') {
  const child = startTimeout(args, options, program);
  child.stdin?.end();
  return endOf(child);
}

/** Runs a script of sh in which `timeout` is the program under test. */
export function script(text: string, program: Timeout = 'spillway', options: SpawnOptions = {}) {
  const child = spawn('sh', ['-c', `timeout() { ${words(program)} "$@"; }\n${text}`], {
    env: plainEnvironment(),
    detached: true,
    ...options,
  });
  child.stdin?.end();
  return endOf(child);
}
