/** The option `pty`, and sizes of terminals. */
import { isPlain, OptionError, ownProperties, requireNames } from '../../base/index.js';
import type { WindowSize } from '../../system/index.js';

/** The size of terminals since the VT100. */
const DEFAULT_SIZE: WindowSize = { columns: 80, rows: 24 };

const MOST = 65535;

/** The terminal's size, or undefined without one. Throws OptionError. */
export function requirePty(pty: unknown, at: string): WindowSize | undefined {
  if (pty === false) return undefined;
  if (pty === true) return DEFAULT_SIZE;
  if (!isPlain(pty)) throw new OptionError(at, pty, 'true, false or { columns, rows }');
  return { ...DEFAULT_SIZE, ...requireSize(pty, at) };
}

/** The parts of a size that are given. Throws OptionError. */
export function requireSize(value: unknown, at: string): Partial<WindowSize> {
  const own = requireNames(at, value, ['columns', 'rows']);
  const wanted = Object.entries(own).filter(([, count]) => count !== undefined);
  for (const [name, count] of wanted) {
    if (!Number.isInteger(count) || count < 1 || count > MOST)
      throw new OptionError(`${at}.${name}`, count, `a whole number of characters from 1 to ${MOST}`);
  }
  return ownProperties(Object.fromEntries(wanted));
}
