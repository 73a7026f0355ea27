/** A fingerprint of a set of names that does not depend on their order. */
import { createHash } from 'node:crypto';
import { bytesOf } from '../../base/index.js';

const MASK = (1n << 64n) - 1n;

/** Count, bytes, and the sum of the names' hashes: the same for the same files, in whatever order. */
export class Tally {
  files = 0;
  bytes = 0;
  #sum = 0n;

  add(name: string, bytes: number): void {
    this.files++;
    this.bytes += bytes;
    const digest = createHash('sha256').update(bytesOf(name)).digest();
    this.#sum = (this.#sum + digest.readBigUInt64LE()) & MASK;
  }

  addAll({ files, bytes, sum }: Tally): void {
    this.files += files;
    this.bytes += bytes;
    this.#sum = (this.#sum + sum) & MASK;
  }

  get sum(): bigint {
    return this.#sum;
  }

  get hash(): string {
    return this.#sum.toString(16).padStart(16, '0');
  }
}
