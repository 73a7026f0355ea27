/** The option `outputLimit`: bytes in all, or of each stream. */
import { requireBytes, requireNames } from '../../base/index.js';
import type { StreamName } from './targets.js';

/** In bytes; Infinity for none. `total`: of both streams together. */
export type OutputLimits = { readonly [what in 'total' | StreamName]: number };

export const NO_OUTPUT_LIMIT: OutputLimits = {
  total: Number.POSITIVE_INFINITY,
  stdout: Number.POSITIVE_INFINITY,
  stderr: Number.POSITIVE_INFINITY,
};

export function requireOutputLimit(value: unknown, at: string): OutputLimits {
  if (typeof value !== 'object' || value === null)
    return { ...NO_OUTPUT_LIMIT, total: requireBytes(at, value, 0) as number };
  const own: { readonly [name in StreamName]?: unknown } = requireNames(at, value, ['stdout', 'stderr']);
  const limitOf = (name: StreamName) =>
    requireBytes(`${at}.${name}`, own[name], 0) ?? Number.POSITIVE_INFINITY;
  return { ...NO_OUTPUT_LIMIT, stdout: limitOf('stdout'), stderr: limitOf('stderr') };
}
