/**
 * Compares bytes at once: `toEqual` walks through a Buffer byte by byte, which takes seconds for megabytes.
 */
import { AssertionError } from 'node:assert';

/** Fails with the first place where they differ. */
export function expectBytes(actual: unknown, expected: Uint8Array, what = 'the bytes'): void {
  if (!(actual instanceof Uint8Array)) throw difference(`${what} are no bytes but ${typeof actual}`);
  const [found, wanted] = [asBuffer(actual), asBuffer(expected)];
  if (found.equals(wanted)) return;
  const at = firstDifference(found, wanted);
  const around = (bytes: Buffer) => `${bytes.subarray(at, at + 8).toString('hex') || 'the end'}`;
  throw difference(
    `${what} differ from byte ${at} on: ${around(found)}, not ${around(wanted)}; ` +
      `${found.length} bytes, not ${wanted.length}`,
  );
}

/** The same for a list of them. */
export function expectAllBytes(actual: readonly unknown[], expected: readonly Uint8Array[]): void {
  if (actual.length !== expected.length)
    throw difference(`${actual.length} messages, not ${expected.length}`);
  for (const [index, bytes] of expected.entries())
    expectBytes(actual[index], bytes, `the bytes of message ${index}`);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function firstDifference(found: Buffer, wanted: Buffer): number {
  for (let at = 0; at < Math.min(found.length, wanted.length); at++) if (found[at] !== wanted[at]) return at;
  return Math.min(found.length, wanted.length);
}

function difference(message: string): AssertionError {
  return new AssertionError({ message });
}
