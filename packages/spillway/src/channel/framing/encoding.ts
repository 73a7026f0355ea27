/** A message on its way to become bytes. */
import type { MessageCodec } from './codec.js';
import { CodecError, MessageTooLargeError } from './errors.js';

/** The body of a message, or the text of which it is the UTF-8. Throws CodecError and MessageTooLargeError. */
export function encodeBody(codec: MessageCodec, limit: number, message: unknown): Uint8Array | string {
  let body: Uint8Array | string;
  try {
    body = codec.encode(message as never);
  } catch (cause) {
    throw new CodecError(codec.word, cause);
  }
  // A character has one to three bytes.
  const bytes =
    typeof body !== 'string' ? body.length : 3 * body.length > limit ? Buffer.byteLength(body) : 0;
  if (bytes > limit) throw new MessageTooLargeError(bytes, limit, 'send');
  return body;
}
