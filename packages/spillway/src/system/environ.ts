/** The C library's environ(7), handed on to children without copying each variable into JavaScript and back. */
import { addressOf, globalPointer, pointersAt } from './libc.js';
import { platform } from './platform.js';

const environ = platform?.environ === undefined ? undefined : globalPointer(platform.environ);

const POINTER_BYTES = 8;

/**
 * This process's variables as they are now, and one more line, `NAME=value`, of a variable that is not among them, as posix_spawn
 * takes them. Undefined where the array cannot be reached by its name.
 */
export function environmentWith(line: string | undefined): Buffer | undefined {
  if (!environ) return undefined;
  const own = pointersAt(environ());
  const text = line === undefined ? '' : `${line}\0`;
  // The added line stands behind the pointers, so that both live as long.
  const textAt = (own.length + 2) * POINTER_BYTES;
  const block = Buffer.alloc(textAt + Buffer.byteLength(text));
  const pointers = new BigUint64Array(block.buffer, block.byteOffset, own.length + 2);
  pointers.set(own);
  if (text !== '') {
    block.write(text, textAt);
    pointers[own.length] = addressOf(block) + BigInt(textAt);
  }
  return block;
}
