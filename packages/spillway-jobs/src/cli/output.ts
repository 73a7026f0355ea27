/** What the commands write to stdout. */
import { isatty } from 'node:tty';
import { OutputError, ReaderGone } from './failures.js';
import { tools } from './tools.js';

/** Resolves when it is written, however slowly it is read. Rejects with ReaderGone or OutputError. */
export async function print(data: string | Buffer): Promise<void> {
  try {
    await tools.writeAll(1, typeof data === 'string' ? Buffer.from(data) : data);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') throw new ReaderGone('stdout has no reader any more', { cause: error });
    throw new OutputError(`stdout cannot be written: ${message}`, { cause: error });
  }
}

/** One line, whose control characters are escaped. */
export async function printJson(value: unknown): Promise<void> {
  await print(`${tools.safeJson(JSON.stringify(value))}\n`);
}

export interface Screen {
  /** Columns that a line may have; undefined for any number. */
  readonly columns: number | undefined;
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
}

/** What stdout is. A program that reads it gets whole lines, unless COLUMNS says otherwise. */
export function screen(env: NodeJS.ProcessEnv = process.env): Screen {
  const isTerminal = isatty(1);
  const asked = /^[1-9]\d{0,4}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : undefined;
  const { NO_COLOR = '', TERM = '' } = env;
  return {
    columns: isTerminal ? (process.stdout.columns ?? asked ?? 80) : asked,
    isTerminal,
    isColoured: isTerminal && NO_COLOR === '' && TERM !== 'dumb' && TERM !== '',
  };
}
