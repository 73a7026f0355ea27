/**
 * Descriptors for a command's streams: files named in its options, pipes between the commands of a pipeline.
 * When the start is over, each is closed here unless a sink has taken it over.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { StartError } from '../process/index.js';
import { type FileTarget, type Source, type StreamName, sharedFiles, type Target } from './options/index.js';
import type { Plan } from './plan.js';

export class Files {
  readonly #open = new Map<Target | Source, number>();

  /**
   * Opens the files of a command. `shared`: paths that more than one stream goes to; they are opened for
   * appending, or one stream would write over the other. Throws StartError; then nothing is left open.
   */
  static open(plan: Plan, shared = sharedFiles([plan.stdout, plan.stderr])): Files {
    const files = new Files();
    try {
      files.#openAll(plan, shared);
      return files;
    } catch (error) {
      files.close();
      throw error;
    }
  }

  /** Adds an open descriptor. */
  add(end: Target | Source, fd: number): void {
    this.#open.set(end, fd);
  }

  of(end: Target | Source): number {
    const fd = this.#open.get(end);
    if (fd === undefined) throw new Error(`nothing was opened for ${end.kind}`);
    return fd;
  }

  /** Hands a descriptor over: the caller closes it. */
  take(end: Target | Source): number {
    const fd = this.of(end);
    this.#open.delete(end);
    return fd;
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  #openAll({ child, stdin, stdout, stderr }: Plan, shared: ReadonlySet<string>): void {
    if (stdin.kind === 'file') this.add(stdin, open(child.file, 'stdin', stdin.path, constants.O_RDONLY));
    this.#openEach('stdout', stdout, child.file, shared);
    this.#openEach('stderr', stderr, child.file, shared);
  }

  #openEach(
    name: StreamName,
    targets: readonly Target[],
    program: string,
    shared: ReadonlySet<string>,
  ): void {
    for (const target of targets) {
      if (target.kind === 'file')
        this.add(target, open(program, name, target.path, openFlags(target, shared)));
    }
  }
}

function openFlags({ path, append }: FileTarget, shared: ReadonlySet<string>): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC } = constants;
  return O_WRONLY | O_CREAT | (append || shared.has(path) ? O_APPEND : 0) | (append ? 0 : O_TRUNC);
}

function open(program: string, stream: StreamName | 'stdin', path: string, flags: number): number {
  try {
    return openSync(path, flags, 0o666);
  } catch (error) {
    const { code = 'EIO', message } = error as NodeJS.ErrnoException;
    // Node's sentence is `ENOENT: no such file or directory, open '…'`.
    const reason = message.replace(/^\w+: /, '').replace(/, open '.*$/s, '');
    const problem = `the file for its ${stream}, ${path}, cannot be opened: ${reason}`;
    throw new StartError({ file: program }, code, 'file', problem, error);
  }
}
