/** Signals as in timeout(1) and kill(1): a name in any case, with or without SIG, or a number; 0 is EXIT. */
import { realTimeSignals, signals } from '../../system/index.js';

const EXIT = 0;

const numbers = new Map<string, number>([['EXIT', EXIT]]);
/** As in coreutils since 9.6, signal 0 is shown as a number. */
const names = new Map<number, string>([[EXIT, '0']]);
// Where a number has two names, the manual pages' name comes first; Node lists SIGIO before SIGPOLL.
for (const name of ['SIGABRT', 'SIGCHLD', 'SIGPOLL', ...Object.keys(signals)]) {
  const number = signals[name as NodeJS.Signals];
  if (number === undefined) continue;
  const short = name.slice('SIG'.length);
  numbers.set(short, number);
  if (!names.has(number)) names.set(number, short);
}
numbers.set('CLD', signals.SIGCHLD);

/** Undefined for an unknown signal. */
export function parseSignal(text: string): number | undefined {
  const number = /^\d+$/.test(text) ? fromStatus(Number(text)) : named(text.toUpperCase());
  return number !== undefined && signalName(number) !== undefined ? number : undefined;
}

/**
 * `TERM` for 15; real-time signals count from the nearer end, `RTMIN+1` or `RTMAX-1`. Undefined for no
 * signal.
 */
export function signalName(number: number): string | undefined {
  const known = names.get(number);
  if (known !== undefined) return known;
  const range = realTimeSignals();
  if (!range || number < range.first || number > range.last) return undefined;
  const [above, below] = [number - range.first, range.last - number];
  if (above <= Math.floor((range.last - range.first) / 2)) return above === 0 ? 'RTMIN' : `RTMIN+${above}`;
  return below === 0 ? 'RTMAX' : `RTMAX-${below}`;
}

/** Accepts a shell's `$?` for an end by a signal: 143 is TERM. ksh adds 256 instead of 128. */
function fromStatus(number: number): number | undefined {
  if (number > 0x7fffffff) return undefined;
  return number & (number >= 0xff ? 0xff : 0x7f);
}

function named(name: string): number | undefined {
  return (
    withoutPrefix(name) ?? (name.startsWith('SIG') ? withoutPrefix(name.slice('SIG'.length)) : undefined)
  );
}

function withoutPrefix(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const [, end, distance] = /^RT(MIN|MAX)(?:\s*([+-]?\d+))?$/.exec(name) ?? [];
  if (end === undefined) return numbers.get(name);
  const range = realTimeSignals();
  if (!range) return undefined;
  const number = (end === 'MIN' ? range.first : range.last) + Number(distance ?? 0);
  return number >= range.first && number <= range.last ? number : undefined;
}
