/** Why a run was ended by us, when it was: the first cause wins. */
export type Cause =
  | { readonly kind: 'timeout'; readonly ms: number }
  | { readonly kind: 'idle'; readonly ms: number }
  | { readonly kind: 'abort'; readonly reason: unknown }
  | { readonly kind: 'output-limit'; readonly bytes: number }
  /** Something on this side failed: a target of the output, the source of stdin, the disk under a spill, or the wait itself. */
  | { readonly kind: 'error'; readonly error: unknown }
  /** The caller asked for it: terminate(), or the end of an `await using` scope. */
  | { readonly kind: 'requested' }
  /** Whoever read the output had enough. */
  | { readonly kind: 'enough' };

/** Whether a cause has nothing to do with the output itself, of which the outcome depends whenever the exit is noticed. */
export function isOutside({ kind }: Cause): boolean {
  return kind !== 'output-limit' && kind !== 'error';
}
