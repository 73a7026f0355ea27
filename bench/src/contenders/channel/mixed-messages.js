/**
 * Messages of 1 KiB and 100 KiB in turn, stamped all along with their writer and number: a message that is
 * lost, doubled, out of order, cut or mixed with another is detected.
 */

const lengths = [1024, 102_400];
/** At least one stamp in each frame of a shared pipe. */
const stampEvery = 1024;

export const averageBytes = lengths.reduce((sum, length) => sum + length) / lengths.length;

/** @param {number} n */
const lengthOf = (n) => lengths[n % lengths.length] ?? 0;

/** @param {number} writer @param {number} n */
const stampOf = (writer, n) => writer * 0x100_0000 + n;

/** @param {Buffer} message */
export const writerOf = (message) => message.readUInt32LE(0) >>> 24;

/**
 * Makes the messages of a writer; each is valid until the next of its length is made.
 *
 * @param {number} writer
 */
export function maker(writer) {
  const blocks = lengths.map((length) => Buffer.alloc(length, 'water'));
  return (/** @type {number} */ n) => {
    const block = /** @type {Buffer} */ (blocks[n % blocks.length]);
    const stamp = stampOf(writer, n);
    for (let at = 0; at < block.length; at += stampEvery) block.writeUInt32LE(stamp, at);
    return block;
  };
}

/**
 * Whether the message has this number, and is whole.
 *
 * @param {Buffer} message
 * @param {number} writer
 * @param {number} n
 */
export function isRight(message, writer, n) {
  if (message.length !== lengthOf(n)) return false;
  const stamp = stampOf(writer, n);
  for (let at = 0; at < message.length; at += stampEvery)
    if (message.readUInt32LE(at) !== stamp) return false;
  return true;
}
