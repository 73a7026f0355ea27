/**
 * posix_spawn(3): a new process with vfork semantics, whose cost does not grow with this process's memory.
 *
 * The C library does all of it within one call. It applies file actions and attributes in the child, and
 * returns what fails there as the call's result. No half-made child can ever run JavaScript.
 */
import { isAbsolute } from 'node:path';
import { exactWord } from '../../base/index.js';
import { type HeldDirectory, holdDirectory } from '../descriptor/index.js';
import { checkReturned, type EnvironmentCopy, environmentCopy, environmentWith } from '../libc/index.js';
import { borrowActions, canCloseAll } from './file-actions.js';
import {
  addFchdir,
  addSetTerminalGroup,
  spawnLaterWithLines,
  spawnLaterWithPointers,
  spawnWithLines,
  spawnWithPointers,
} from './posix-spawn.js';
import { attributesFor } from './spawn-attributes.js';
import type { SpawnRequest } from './spawn-request.js';

/**
 * Starts a process and returns its pid. In it every signal has its default action and none is blocked,
 * whatever this process ignores, but for what `ignoreWithChildren` names. (Node ignores SIGPIPE; a child that
 * inherited that would not end when its reader is gone.) Throws a SystemError with posix_spawn's result. The
 * caller finds out whether it concerns the program, the cwd or a descriptor.
 */
export function spawn(request: SpawnRequest): number {
  const doing = `starting ${request.path}`;
  const { actions, giveBack } = borrowActions(request, doing);
  const attributes = attributesFor(request.leads);
  const path = exactWord(request.path);
  const argv = [...request.argv.map(exactWord), null];
  const block = request.environment === undefined ? environmentWith(request.variable) : undefined;
  try {
    const error = block
      ? spawnWithPointers(pid, path, actions, attributes, argv, block)
      : spawnWithLines(pid, path, actions, attributes, argv, linesOf(request));
    checkReturned(error, 'posix_spawn', doing);
    return pid[0] as number;
  } finally {
    giveBack();
  }
}

const pid = new Int32Array(1);

/** Whether the C library can give the child the terminal before the program runs. */
export function canHandOverTerminal(): boolean {
  return addSetTerminalGroup() !== undefined;
}

/** What a child has from this process as it was at some moment. */
export class Surroundings {
  readonly #environment: EnvironmentCopy;
  readonly #directory: HeldDirectory;

  constructor(environment: EnvironmentCopy, directory: HeldDirectory) {
    this.#environment = environment;
    this.#directory = directory;
  }

  /** Starts a process on a thread of libuv's pool. Errors: SystemError, as for `spawn`. */
  spawn(request: SpawnRequest): Promise<number> {
    return spawnLater(request, this.#environment, this.#directory.fd);
  }

  /** Call it once, when nothing more is started with them. */
  release(): void {
    this.#directory.release();
  }
}

/**
 * For starts on a thread of libuv's pool, which do not hold this thread until the child has reached its
 * program. The child is as if it had been started at once: this program's variables and directory may change
 * meanwhile. Undefined where the C library cannot do that. Throws SystemError: EMFILE.
 */
export function takeSurroundings(): Surroundings | undefined {
  if (!addFchdir() || !canCloseAll()) return undefined;
  const environment = environmentCopy();
  return environment && new Surroundings(environment, holdDirectory());
}

async function spawnLater(
  request: SpawnRequest,
  environment: EnvironmentCopy,
  directory: number | undefined,
): Promise<number> {
  const doing = `starting ${request.path}`;
  const pid = new Int32Array(new ArrayBuffer(4));
  const words = [exactWord(request.path), ...request.argv.map(exactWord), null];
  const [path, ...argv] = words as [string | Buffer, ...(string | Buffer | null)[]];
  const attributes = attributesFor(request.leads);
  // Each its own: the next call may begin before this one has ended.
  const isElsewhere = request.cwd !== undefined && isAbsolute(request.cwd);
  const borrowed = borrowActions(request, doing, isElsewhere ? undefined : directory);
  const { actions } = borrowed;
  const variables = request.environment ? linesOf(request) : environment.borrow(request.variable);
  const memory = [pid, actions, attributes, words, variables];
  underWay.add(memory);
  try {
    const error = await new Promise<number>((returned) => {
      if ('block' in variables)
        spawnLaterWithPointers([pid, path, actions, attributes, argv, variables.block], returned);
      else spawnLaterWithLines([pid, path, actions, attributes, argv, variables], returned);
    });
    // Made here, in a continuation of the caller's, whose lines the stack shows.
    checkReturned(error, 'posix_spawn', doing);
    return pid[0] as number;
  } finally {
    underWay.delete(memory);
    borrowed.giveBack();
    if ('block' in variables) variables.giveBack();
  }
}

/** What the C library reads and writes on another thread, and so must not be collected. */
const underWay = new Set<unknown>();

function linesOf({ environment, variable }: SpawnRequest): (string | Buffer | null)[] {
  const lines = environment ?? Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  const exact = lines.map(exactWord);
  return variable === undefined ? [...exact, null] : [...exact, variable, null];
}
