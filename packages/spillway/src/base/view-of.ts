/** Bytes in all the forms that JavaScript has for them. */
import { types } from 'node:util';

/** The bytes of an ArrayBuffer or a view of one, of any realm; undefined for another value. */
export function viewOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array && !types.isSharedArrayBuffer(value.buffer)) return value;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return copiedIfShared(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength), buffer);
  }
  if (!types.isAnyArrayBuffer(value)) return undefined;
  return copiedIfShared(Buffer.from(value as ArrayBuffer), value);
}

/** Another thread may change shared memory while it is written. */
function copiedIfShared(bytes: Buffer, buffer: ArrayBufferLike): Buffer {
  return types.isSharedArrayBuffer(buffer) ? Buffer.from(bytes) : bytes;
}
