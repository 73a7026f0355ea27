/** Sets of signals, as /proc and sigset_t have them. */

/** A cache: most processes share a few sets. */
const knownSets = new Map<string, readonly number[]>();

/** The signal numbers in a hexadecimal mask: bit n-1 for signal n. */
export function signalsOf(mask: string): readonly number[] {
  const known = knownSets.get(mask) ?? signalsIn(mask);
  if (knownSets.size < 1000) knownSets.set(mask, known);
  return known;
}

function signalsIn(mask: string): number[] {
  const bits = BigInt(`0x${mask.trim() || '0'}`);
  const found: number[] = [];
  for (let signal = 1; signal <= 64; signal++) if ((bits >> BigInt(signal - 1)) & 1n) found.push(signal);
  return found;
}
