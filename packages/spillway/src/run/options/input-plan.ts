/** The stdin option, taken apart. */
import { openSync } from 'node:fs';
import { resolve } from 'node:path';
import { OptionError, requireNames } from '../../base/index.js';
import type { Stdio } from '../../process/index.js';
import type { StdinSource } from '../../stream/index.js';
import { explainFile } from '../file-error.js';
import type { Mode } from './options.js';
import { requirePath } from './settings.js';

export interface InputPlan {
  readonly stdio: Stdio;
  /** What is written into the pipe, or 'pipe' when the caller writes. */
  readonly source: StdinSource | 'pipe' | undefined;
  readonly opened: readonly number[];
}

const ALLOWED =
  "'ignore', 'inherit', bytes, { file }, a Readable or another async iterable, or a string other than these words";

const ALLOWED_SYNC = ALLOWED.replace(' a Readable or another async iterable,', '');

/** `pty`: what would go into a pipe is typed. */
export function planInput(file: string, wish: unknown, mode: Mode, pty: boolean): InputPlan {
  const allowed = mode === 'sync' ? ALLOWED_SYNC : ALLOWED;
  const pipe: Stdio = { kind: pty ? 'pty' : 'pipe' };
  const plan = (stdio: Stdio, source?: InputPlan['source'], opened: readonly number[] = []) => ({
    stdio,
    source,
    opened,
  });
  if (wish === 'ignore') return plan({ kind: pty ? 'pty' : 'null' });
  if (wish === 'inherit') return plan({ kind: 'descriptor', fd: 0 });
  if (wish === 'pipe') {
    if (mode !== 'start')
      throw new OptionError(
        'stdin',
        wish,
        `${allowed}; with start(), 'pipe' as well. To send that word, give bytes`,
      );
    return plan(pipe, 'pipe');
  }
  if (typeof wish === 'string' || wish instanceof Uint8Array) return plan(pipe, wish);
  if (isAsyncIterable(wish)) {
    if (mode === 'sync')
      throw new OptionError(
        'stdin',
        wish,
        `${allowed}; nothing comes from it while runSync blocks: read it first, or use run()`,
      );
    return plan(pipe, wish);
  }
  if (typeof wish === 'object' && wish !== null && 'file' in wish) {
    requireNames('stdin', wish, ['file']);
    const path = resolve(requirePath('stdin.file', wish.file));
    const fd = openForReading(file, path);
    return plan({ kind: 'descriptor', fd }, undefined, [fd]);
  }
  throw new OptionError('stdin', wish, mode === 'start' ? `'pipe', ${allowed}` : allowed);
}

function openForReading(file: string, path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw explainFile(error, file, 'stdin', path);
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<string | Uint8Array> {
  return typeof (value as AsyncIterable<unknown> | null)?.[Symbol.asyncIterator] === 'function';
}
