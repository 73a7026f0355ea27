/** Options that are right by themselves and wrong together. */
import { OptionError } from '../../base/index.js';
import type { Chosen } from './table.js';
import { isRead, type Target } from './targets.js';

/** Throws OptionError. `given`: the values as the caller wrote them, for the error. */
export function requireFitTogether(chosen: Chosen, given: object): void {
  if (!chosen.pty) return;
  const refuse = (name: 'stdin' | 'stderr' | 'pipeCapacity', allowed: string) =>
    new OptionError(name, (given as Record<string, unknown>)[name], allowed);
  if (chosen.stderr && chosen.stderr[0]?.kind !== 'merge')
    throw refuse('stderr', 'nothing, with pty: a terminal is one stream, which is stdout; leave stderr out');
  if (chosen.stdin?.kind === 'inherit' || chosen.stdin?.kind === 'file')
    throw refuse(
      'stdin',
      'what can be typed, with pty: a string, bytes, or a Readable, such as process.stdin or createReadStream(path)',
    );
  if (chosen.pipeCapacity !== undefined)
    throw refuse('pipeCapacity', 'nothing, with pty: a terminal is no pipe');
}

/** Silence can be measured only on streams that are read here. Throws OptionError. */
export function requireHeard(
  idleTimeout: unknown,
  streams: readonly (readonly Target[])[],
  which = 'stdout or stderr',
): void {
  if (streams.some(isRead)) return;
  const allowed = `only with ${which} read here, since silence cannot be seen otherwise: 'capture', or ['inherit', { tail: 4096 }]`;
  throw new OptionError('idleTimeout', idleTimeout, allowed);
}
