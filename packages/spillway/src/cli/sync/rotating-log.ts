/** `--log`: a file of lines with their time; a full one becomes FILE.1, that one FILE.2, and so on. */
import { constants, renameSync } from 'node:fs';
import { dateNow, exactPath, safeLine } from '../../base/index.js';
import { closeSync, fstatSync, openSync, writeWhole } from '../../system/index.js';
import { reasonOf, say } from '../messages.js';
import { openOutput, outputFlags } from '../output-file.js';

export class RotatingLog {
  readonly #path: string;
  readonly #mostBytes: number;
  readonly #keep: number;
  #fd: number;
  #bytes: number;
  #hasFailed = false;

  /** Opens it for appending. Throws UsageError. */
  constructor(path: string, mostBytes: number, keep: number) {
    this.#path = path;
    this.#mostBytes = mostBytes;
    this.#keep = keep;
    this.#fd = openOutput('the log', path, 'append');
    this.#bytes = fstatSync(this.#fd).size;
  }

  /** One line, or a text of several, each with the time. A log that cannot be written is told once. */
  write(text: string): void {
    const time = dateNow().toISOString();
    const lines = text.split('\n').map((line) => `${time} ${safeLine(line)}\n`);
    const bytes = Buffer.from(lines.join(''));
    try {
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#mostBytes) this.#rotate();
      writeWhole(this.#fd, bytes);
      this.#bytes += bytes.length;
    } catch (error) {
      if (!this.#hasFailed) say(`the log ${this.#path} cannot be written: ${reasonOf(error)}`);
      this.#hasFailed = true;
    }
  }

  #rotate(): void {
    const named = (number: number) => exactPath(number === 0 ? this.#path : `${this.#path}.${number}`);
    for (let number = this.#keep - 1; number >= 0; number--) {
      try {
        renameSync(named(number), named(number + 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    closeSync(this.#fd);
    // Without older ones to keep, the file begins anew.
    const flags = outputFlags('append') | (this.#keep === 0 ? constants.O_TRUNC : 0);
    this.#fd = openSync(exactPath(this.#path), flags, 0o666);
    this.#bytes = 0;
  }
}
