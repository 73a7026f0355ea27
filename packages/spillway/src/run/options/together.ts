/** Options that are right by themselves and wrong together. */
import { OptionError } from '../../base/index.js';
import type { Chosen } from './table.js';
import { isRead, type Target } from './targets.js';

/** Throws OptionError. `given`: the values as the caller wrote them, for the error. */
export function requireFitTogether(chosen: Chosen, given: object): void {
  requireOneSource(chosen);
  requireOnePlace(chosen);
  if (chosen.detached) requireDetachable(chosen);
  requireEnforceable(chosen);
  if (!chosen.pty) return;
  if (chosen.stderr && chosen.stderr[0]?.kind !== 'merge')
    throw OptionError.conflict('stderr', 'pty', 'a terminal is one stream, stdout; leave stderr out');
  if (
    chosen.stdin?.kind === 'inherit' ||
    chosen.stdin?.kind === 'file' ||
    chosen.stdin?.kind === 'descriptor'
  ) {
    const hint = 'give input: text or bytes, or a Readable such as process.stdin or createReadStream(path)';
    const { stdin } = given as { stdin?: unknown };
    throw OptionError.refused('stdin', stdin, `with pty it is typed; ${hint}`);
  }
  if (chosen.pipeCapacity !== undefined)
    throw OptionError.conflict('pipeCapacity', 'pty', 'a terminal is not a pipe');
}

/** Throws OptionError for both `stdin` and `input`. */
export function requireOneSource({ stdin, input }: Chosen): void {
  if (stdin && input)
    throw OptionError.conflict('input', 'stdin', 'both say what the child reads; leave one of them out');
}

/** Throws OptionError for a lease that nothing enforces. */
export function requireEnforceable({ lease, guard, detached }: Chosen): void {
  if (!lease || guard || (guard === undefined && !detached)) return;
  const enemy = detached ? 'detached' : 'guard: false';
  throw OptionError.conflict('lease', enemy, 'the guard ends a command whose lease is over');
}

/** An end goes to one place. */
function requireOnePlace({ channels = [], descriptors = [] }: Chosen): void {
  for (const { number, from } of descriptors)
    if (from.kind === 'end' && channels.some(({ end }) => end === from.end))
      throw OptionError.conflict(`descriptors[${number}]`, 'channels', 'one end was given to both');
}

function requireDetachable({ guard, leftovers, pty }: Chosen): void {
  if (guard) throw OptionError.conflict('guard', 'detached', 'the guard ends a child with this program');
  if (pty) throw OptionError.conflict('pty', 'detached', 'its terminal hangs up when this program ends');
  if (leftovers !== undefined && leftovers !== 'leave')
    throw OptionError.conflict(
      'leftovers',
      'detached',
      'nothing of a detached command is ended; leave it out',
    );
}

/** Silence can be measured only on streams that are read here. Throws OptionError. */
export function requireHeard(
  idleTimeout: unknown,
  streams: readonly (readonly Target[])[],
  which = 'stdout or stderr',
): void {
  if (streams.some(isRead)) return;
  const hint = `read ${which} here, by 'capture' or ['inherit', { tail: 4096 }]`;
  throw OptionError.refused('idleTimeout', idleTimeout, `silence cannot be seen; ${hint}`);
}
