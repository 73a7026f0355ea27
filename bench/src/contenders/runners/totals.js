/** @typedef {import('./index.js').Total} Total */

/** @param {AsyncIterable<string>} lines @returns {Promise<Total>} */
export async function totalOf(lines) {
  const total = { lines: 0, characters: 0 };
  for await (const line of lines) {
    total.lines++;
    total.characters += line.length;
  }
  return total;
}

/** @param {AsyncIterable<Uint8Array>} chunks */
export async function bytesOf(chunks) {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  return bytes;
}

/**
 * The lines of a web stream, cut by hand: neither Bun nor Deno has a reader of lines for it.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @returns {Promise<Total>}
 */
export async function totalOfWebStream(stream) {
  const total = { lines: 0, characters: 0 };
  let rest = '';
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    total.lines += lines.length;
    for (const line of lines) total.characters += line.length;
  }
  if (rest !== '') {
    total.lines++;
    total.characters += rest.length;
  }
  return total;
}
