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
  if (
    !last ||
    !isStill(last.of, address, last.own, last.textAt - POINTER_BYTES) ||
    last.bytes.length - last.textAt < textBytes
  )
    last = blockOf(address, textBytes);
  if (line === undefined) return last.own;
  last.bytes.write(`${line}\0`, last.textAt);
  return last.bytes;
}

/** This process's variables as they were at some moment, in memory of their own. */
export interface EnvironmentCopy {
  /** An array of pointers as posix_spawn takes it, with one `NAME=value` line more; for one call at once. */
  borrow(line: string | undefined): BorrowedBlock;
}

export interface BorrowedBlock {
  readonly block: Buffer;
  /** The call is over. */
  giveBack(): void;
}

let lastCopy: (EnvironmentCopy & { readonly of: bigint; readonly pointers: Buffer }) | undefined;

/**
 * For a start on another thread: meanwhile this one may set variables, which moves environ and its lines.
 * The copy is made anew when a variable has changed. Undefined where the array cannot be looked up.
 */
export function environmentCopy(): EnvironmentCopy | undefined {
  if (!environ) return undefined;
  const address = environ();
  if (!lastCopy || !isStill(lastCopy.of, address, lastCopy.pointers)) lastCopy = copyOf(address);
  return lastCopy;
}

function copyOf(address: bigint): NonNullable<typeof lastCopy> {
  const pointers = pointersAt(address);
  const lines = Array.from(pointers, (pointer) => Buffer.concat([stringBytesAt(pointer), NUL]));
  const text = Buffer.concat(lines);
  const array = new BigUint64Array(pointers.length + 1);
  let at = text.length === 0 ? 0n : addressOf(text);
  for (const [index, line] of lines.entries()) {
    array[index] = at;
    at += BigInt(line.length);
  }
  // The text must live as long as an array that points to it.
  const own = Object.assign(Buffer.from(array.buffer), { text });
  const textAt = own.length + POINTER_BYTES;
  const blockWith = (textBytes: number) => {
    const block = Buffer.alloc(textAt + Math.max(textBytes, LEAST_TEXT_BYTES));
    new BigUint64Array(block.buffer, block.byteOffset, 1)[0] = addressOf(block) + BigInt(textAt);
    own.copy(block, POINTER_BYTES);
    return Object.assign(block, { text });
  };
  const idle: Buffer[] = [];
  return {
    of: address,
    // With the NULL at its end: a variable more is a change, too.
    pointers: Buffer.concat([Buffer.from(pointers.buffer), Buffer.alloc(POINTER_BYTES)]),
    borrow: (line) => {
      if (line === undefined) return { block: own, giveBack: () => {} };
      const textBytes = Buffer.byteLength(line) + 1;
      const known = idle.pop();
      const block = known && known.length - textAt >= textBytes ? known : blockWith(textBytes);
      block.write(`${line}\0`, textAt);
      return { block, giveBack: () => void idle.push(block) };
    },
  };
}

const NUL = Buffer.alloc(1);

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
function isStill(of: bigint, address: bigint, array: Uint8Array, bytes = array.length): boolean {
  return of === address && of !== 0n && memcmp(address, array, bytes) === 0;
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
