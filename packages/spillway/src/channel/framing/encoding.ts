/** A message to the bytes, or the text, of its frame. */
import type { MessageCodec } from './codec.js';
import { CodecError, MessageTooLargeError } from './errors.js';

/**
 * The body of a message: its bytes, or text whose UTF-8 is the body. Throws CodecError and
 * MessageTooLargeError.
 */
export function encodeBody(codec: MessageCodec, limit: number, message: unknown): Uint8Array | string {
  let body: Uint8Array | string;
  try {
    body = codec.encode(message as never);
  } catch (cause) {
    throw new CodecError(codec.word, cause);
  }
  // A UTF-16 unit has one to three bytes in UTF-8.
  const bytes =
    typeof body !== 'string' ? body.length : 3 * body.length > limit ? Buffer.byteLength(body) : 0;
  if (bytes > limit) throw new MessageTooLargeError(bytes, limit, 'send');
  return body;
}
