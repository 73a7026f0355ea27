/** Signals as timeout(1) and kill(1) name them: by name in any case, with or without SIG, or by number; 0 is called EXIT. */
import { realTimeSignals, signals } from '../../system/index.js';

const EXIT = 0;

const numbers = new Map<string, number>([['EXIT', EXIT]]);
const names = new Map<number, string>([[EXIT, 'EXIT']]);
// Of two names for one number the manual pages' prevails; Node lists SIGIO before SIGPOLL.
for (const name of ['SIGABRT', 'SIGCHLD', 'SIGPOLL', ...Object.keys(signals)]) {
  const number = signals[name as NodeJS.Signals];
  if (number === undefined) continue;
  const short = name.slice('SIG'.length);
  numbers.set(short, number);
  if (!names.has(number)) names.set(number, short);
}
numbers.set('CLD', signals.SIGCHLD);

/** The number, or undefined when there is no such signal. */
export function parseSignal(text: string): number | undefined {
  const number = /^\d+$/.test(text) ? fromStatus(Number(text)) : named(text.toUpperCase());
  return number !== undefined && signalName(number) !== undefined ? number : undefined;
}

/** `TERM` for 15, `RTMIN+1` and `RTMAX-1` for those nearer to the one or the other; undefined for what is no signal. */
export function signalName(number: number): string | undefined {
  const known = names.get(number);
  if (known !== undefined) return known;
  const range = realTimeSignals();
  if (!range || number < range.first || number > range.last) return undefined;
  const [above, below] = [number - range.first, range.last - number];
  if (above <= Math.floor((range.last - range.first) / 2)) return above === 0 ? 'RTMIN' : `RTMIN+${above}`;
  return below === 0 ? 'RTMAX' : `RTMAX-${below}`;
}

/** A shell's `$?` of a process that a signal ended is taken for the signal: 143 is TERM. ksh counts from 256. */
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
