/** The option pty, and what it makes of the options beside it. */
import { isPlain, OptionError, requireNames } from '../../base/index.js';
import type { WindowSize } from '../../system/index.js';
import type { RunOptions, StartOptions } from './options.js';

/** What terminals have had since those of glass. */
const DEFAULT_SIZE: WindowSize = { columns: 80, rows: 24 };

const MOST = 65535;

/** The terminal's size, or undefined without one. Throws OptionError for what a terminal cannot be combined with. */
export function ptyFrom(options: RunOptions | StartOptions): WindowSize | undefined {
  const { pty, stdin, stderr, pipeCapacity } = options;
  if (pty === undefined || pty === false) return undefined;
  if (pty !== true && !isPlain(pty)) throw new OptionError('pty', pty, 'true, false or { columns, rows }');
  const size = pty === true ? {} : sizeFrom('pty', pty);
  if (stderr !== undefined && stderr !== 'stdout') {
    const only = 'nothing, with pty: a terminal is one stream, which is stdout; leave stderr out';
    throw new OptionError('stderr', stderr, only);
  }
  if (stdin === 'inherit' || (isPlain(stdin) && 'file' in stdin)) {
    const typed =
      'what can be typed, with pty: a string, bytes, or a Readable, such as process.stdin or createReadStream(path)';
    throw new OptionError('stdin', stdin, typed);
  }
  if (pipeCapacity !== undefined) {
    throw new OptionError('pipeCapacity', pipeCapacity, 'nothing, with pty: a terminal is no pipe');
  }
  return { ...DEFAULT_SIZE, ...size };
}

/** What is named of a size; the rest is for the caller to fill in. */
export function sizeFrom(option: string, value: unknown): Partial<WindowSize> {
  requireNames(option, value, ['columns', 'rows']);
  const wanted = Object.entries(value as object).filter(([, count]) => count !== undefined);
  for (const [name, count] of wanted) {
    if (!Number.isInteger(count) || count < 1 || count > MOST)
      throw new OptionError(`${option}.${name}`, count, `a whole number of characters from 1 to ${MOST}`);
  }
  return Object.fromEntries(wanted);
}
