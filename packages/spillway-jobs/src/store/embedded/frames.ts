/** The messages of a client, as PostgreSQL's protocol 3.0 has them (chapter 55 of its manual). */

/** What comes before the first typed message has no type, only a length and a number. */
export const STARTUP = 196_608;
export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;

const MOST_BYTES = 1024 * 1024 * 1024;

export class Frames {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Before these have come there is nothing to look at: a large message is put together once. */
  #needed = 0;
  #isTyped = false;

  /** From the startup message on, messages have types. */
  begin(): void {
    this.#isTyped = true;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The next message, whole; undefined until it has come. Throws for a length that no message has. */
  next(): Buffer | undefined {
    const header = this.#isTyped ? 5 : 8;
    if (this.#bytes < Math.max(header, this.#needed)) return undefined;
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    const length = this.#isTyped ? 1 + all.readUInt32BE(1) : all.readUInt32BE(0);
    if (length < header || length > MOST_BYTES) throw new Error(`a message of ${length} bytes`);
    const isWhole = all.length >= length;
    const rest = isWhole ? all.subarray(length) : all;
    this.#chunks = [rest];
    this.#bytes = rest.length;
    this.#needed = isWhole ? 0 : length;
    return isWhole ? all.subarray(0, length) : undefined;
  }
}
