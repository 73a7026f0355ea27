/** The C library's environ(7), passed to children without copying each variable into JavaScript and back. */
import { mayBeInexact, textOf } from '../../base/index.js';
import { addressOf, bind, globalPointer, pointersAt, stringBytesAt, stringsAt } from './libc.js';
import { platform } from './platform.js';

/** The address of the array environ(7); undefined where it has no name that can be looked up. */
export const environ = platform?.environ === undefined ? undefined : globalPointer(platform.environ);
const memcmp = bind<(a: bigint, b: Uint8Array, bytes: number) => number>(
  'int memcmp(void *a, const void *b, size_t bytes)',
);

const POINTER_BYTES = 8;
const LEAST_TEXT_BYTES = 256;

/**
 * An array of pointers as posix_spawn takes it: to our line, to each line of environ, and NULL. The text of
 * our line follows the array.
 */
interface Block {
  readonly bytes: Buffer;
  /** The array without the pointer to our line. */
  readonly own: Buffer;
  /** Where the text begins in `bytes`. */
  readonly textAt: number;
  /** The address that environ's array had when it was copied. */
  readonly of: bigint;
}

let last: Block | undefined;

/**
 * This process's variables as they are now, and one `NAME=value` line for a variable that is not among them.
 * Undefined where the array has no name that can be looked up. Valid until the next call.
 */
export function environmentWith(line: string | undefined): Buffer | undefined {
  if (!environ) return undefined;
  const address = environ();
  const textBytes = line === undefined ? 0 : Buffer.byteLength(line) + 1;
  if (!last || !isStill(last, address) || last.bytes.length - last.textAt < textBytes)
    last = blockOf(address, textBytes);
  if (line === undefined) return last.own;
  last.bytes.write(`${line}\0`, last.textAt);
  return last.bytes;
}

/**
 * This process's variables as they are now, one `NAME=value` line each, with every byte (see `textOf`).
 * Undefined where the array has no name that can be looked up. Costs a tenth of a copy of process.env.
 */
export function environmentLines(): string[] | undefined {
  if (!environ) return undefined;
  const address = environ();
  const pointers = pointersAt(address);
  const lines = stringsAt(address, pointers.length);
  return lines.map((line, index) =>
    mayBeInexact(line) ? textOf(stringBytesAt(pointers[index] as bigint)) : line,
  );
}

/**
 * Most programs never change a variable after their start, and comparing the pointers costs a tenth of
 * copying them. While the array is at the same address, reading as many words as before is safe: setenv(3)
 * and unsetenv(3) never shrink it.
 */
function isStill({ of, own, textAt }: Block, address: bigint): boolean {
  return of === address && of !== 0n && memcmp(address, own, textAt - POINTER_BYTES) === 0;
}

function blockOf(address: bigint, textBytes: number): Block {
  const pointers = pointersAt(address);
  const textAt = (pointers.length + 2) * POINTER_BYTES;
  const bytes = Buffer.alloc(textAt + Math.max(textBytes, LEAST_TEXT_BYTES));
  const array = new BigUint64Array(bytes.buffer, bytes.byteOffset, pointers.length + 2);
  array[0] = addressOf(bytes) + BigInt(textAt);
  array.set(pointers, 1);
  return { bytes, own: bytes.subarray(POINTER_BYTES), textAt, of: address };
}
