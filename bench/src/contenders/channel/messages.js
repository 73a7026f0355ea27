/**
 * Numbered messages: one that is lost, doubled, out of order or cut is detected.
 *
 * @typedef {'json' | 'byte' | 'bytes' | 'v8'} Kind
 * @typedef {object} Messages
 * @property {'json' | 'raw' | 'v8'} codec
 * @property {(n: number) => any} make the message of this number; it is valid until the next is made
 * @property {(message: any, n: number) => boolean} isRight
 */

/** Ten digits from the first message to the last: every JSON text has the same length. */
const base = 1_000_000_000;
const overhead = JSON.stringify({ n: base, text: '' }).length;

/**
 * @param {Kind} kind
 * @param {number} bytes of one message
 * @returns {Messages}
 */
export function messagesOf(kind, bytes) {
  switch (kind) {
    case 'json': {
      const text = 'x'.repeat(bytes - overhead);
      return {
        codec: 'json',
        make: (n) => ({ n: base + n, text }),
        isRight: (message, n) => message.n === base + n && message.text.length === text.length,
      };
    }
    case 'byte': {
      const all = Array.from({ length: 251 }, (_, value) => Buffer.from([value]));
      return {
        codec: 'raw',
        make: (n) => all[n % 251],
        isRight: (message, n) => message.length === 1 && message[0] === n % 251,
      };
    }
    case 'bytes': {
      const block = Buffer.alloc(bytes, 'water');
      return {
        codec: 'raw',
        make: (n) => stamped(block, n),
        isRight: (message, n) => message.length === bytes && isStamped(message, n),
      };
    }
    case 'v8': {
      const block = Buffer.alloc(bytes, 'water');
      return {
        codec: 'v8',
        make: (n) => ({ n, block: stamped(block, n) }),
        isRight: (message, n) =>
          message.n === n &&
          message.block.length === bytes &&
          isStamped(Buffer.from(message.block.buffer, message.block.byteOffset, bytes), n),
      };
    }
  }
}

/** @param {Buffer} block @param {number} n */
function stamped(block, n) {
  block.writeUInt32LE(n, 0);
  block.writeUInt32LE(n, block.length - 4);
  return block;
}

/** @param {Buffer} block @param {number} n */
function isStamped(block, n) {
  return block.readUInt32LE(0) === n && block.readUInt32LE(block.length - 4) === n;
}
