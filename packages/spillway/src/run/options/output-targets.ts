/** The words of the stdout and stderr options, checked. */
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { types } from 'node:util';
import { OptionError, requireNames } from '../../base/index.js';
import type { Mode } from './options.js';
import { requirePath } from './settings.js';

export type StreamName = 'stdout' | 'stderr';

/** The wishes in the order they were given; 'stdout' (for stderr) stands alone. */
export type Target =
  | { readonly kind: 'capture' | 'auto' | 'stream' | 'inherit' | 'ignore' | 'merge' }
  | { readonly kind: 'file'; readonly path: string; readonly append: boolean }
  | { readonly kind: 'tail'; readonly bytes: number }
  | { readonly kind: 'writable'; readonly writable: Writable }
  | { readonly kind: 'function'; readonly call: (chunk: Buffer) => unknown };

const ALLOWED =
  "'capture', 'inherit', 'ignore', { file, append }, { tail: bytes }, a Writable, a function, or a list of these";
const ALLOWED_IN: Readonly<Record<Mode, string>> = {
  run: ALLOWED,
  start: `'auto', 'stream', ${ALLOWED}`,
  sync: ALLOWED.replace('a Writable, a function', 'a function'),
};

/** What nearly every stream of `run` has. */
const CAPTURE: readonly Target[] = [{ kind: 'capture' }];

/** The targets in the order they were given, as far as this mode allows them. */
export function parseOutput(name: StreamName, wish: unknown, mode: Mode): readonly Target[] {
  if (wish === 'capture') return CAPTURE;
  const allowed = (name === 'stderr' ? "'stdout', " : '') + ALLOWED_IN[mode];
  if (!Array.isArray(wish)) return [parseOne(name, wish, mode, allowed)];
  const targets = wish.map((one, index) => parseOne(`${name}[${index}]`, one, mode, allowed));
  const problem = problemOfList(targets);
  if (problem) throw new OptionError(name, wish, problem);
  return targets;
}

/** Whether the bytes pass through this process; otherwise the child writes to the target itself. */
export function isRead(targets: readonly Target[]): boolean {
  const [first] = targets;
  return targets.length > 1 || !first || !['ignore', 'inherit', 'merge', 'file'].includes(first.kind);
}

const NONE: ReadonlySet<string> = new Set();

function isFile({ kind }: Target): boolean {
  return kind === 'file';
}

/** Paths of files that more than one stream goes to. */
export function sharedFiles(...streams: readonly (readonly Target[])[]): ReadonlySet<string> {
  let withFiles = 0;
  for (const targets of streams) if (targets.some(isFile)) withFiles++;
  if (withFiles < 2) return NONE;
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const targets of streams) {
    const paths = new Set(targets.flatMap((one) => (one.kind === 'file' ? [one.path] : [])));
    for (const path of paths) (seen.has(path) ? shared : seen).add(path);
  }
  return shared;
}

function problemOfList(targets: readonly Target[]): string | undefined {
  if (targets.length === 0) return "at least one target; 'ignore' is for nowhere";
  const kinds = targets.map(({ kind }) => kind);
  if (targets.length > 1 && kinds.some((kind) => kind === 'ignore' || kind === 'merge')) {
    return "'ignore' and 'stdout' stand alone, not in a list with others";
  }
  const keepers = kinds.filter(
    (kind) => kind === 'capture' || kind === 'tail' || kind === 'auto' || kind === 'stream',
  );
  if (keepers.length > 1) return "one of 'capture', 'auto', 'stream' and { tail } in a list";
  return undefined;
}

function parseOne(option: string, wish: unknown, mode: Mode, allowed: string): Target {
  if (typeof wish === 'string') {
    if (wish === 'capture' || wish === 'inherit' || wish === 'ignore') return { kind: wish };
    if (mode === 'start' && (wish === 'auto' || wish === 'stream')) return { kind: wish };
    if (wish === 'stream' || wish === 'auto') {
      throw new OptionError(option, wish, `${allowed}; with start(), '${wish}' as well`);
    }
    if (wish === 'stdout' && option.startsWith('stderr')) return { kind: 'merge' };
    if (wish === 'pipe') throw new OptionError(option, wish, `${allowed}; pipes are what 'capture' reads`);
    throw new OptionError(option, wish, allowed);
  }
  if (mode === 'sync') refuseAsynchronous(option, wish, allowed);
  if (typeof wish === 'function') return { kind: 'function', call: wish as (chunk: Buffer) => unknown };
  if (typeof wish !== 'object' || wish === null) throw new OptionError(option, wish, allowed);
  if (isWritable(wish)) return { kind: 'writable', writable: wish };
  if ('file' in wish) {
    requireNames(option, wish, ['file', 'append']);
    const append = 'append' in wish ? wish.append : false;
    if (append !== undefined && typeof append !== 'boolean') {
      throw new OptionError(`${option}.append`, append, 'true or false');
    }
    return { kind: 'file', path: resolve(requirePath(`${option}.file`, wish.file)), append: append ?? false };
  }
  if ('tail' in wish) {
    requireNames(option, wish, ['tail']);
    if (typeof wish.tail !== 'number' || !Number.isInteger(wish.tail) || wish.tail < 1) {
      throw new OptionError(`${option}.tail`, wish.tail, 'a whole number of bytes from 1');
    }
    return { kind: 'tail', bytes: wish.tail };
  }
  throw new OptionError(option, wish, allowed);
}

/** What could only go on while the event loop does, which a synchronous call holds. */
function refuseAsynchronous(option: string, wish: unknown, allowed: string): void {
  if (types.isAsyncFunction(wish)) {
    throw new OptionError(option, wish, `${allowed}; for runSync a function that returns no promise`);
  }
  if (typeof wish === 'object' && wish !== null && isWritable(wish)) {
    const hint =
      "a stream takes nothing while runSync blocks: for the program's own, 'inherit'; else use run()";
    throw new OptionError(option, wish, `${allowed}; ${hint}`);
  }
}

function isWritable(value: object): value is Writable {
  return (
    'write' in value && typeof value.write === 'function' && 'on' in value && typeof value.on === 'function'
  );
}
