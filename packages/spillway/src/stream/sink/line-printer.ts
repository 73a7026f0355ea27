/** Prints the output of commands that run side by side: whole lines, each behind its command's prefix. */
import type { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import { above } from './status-line.js';

/** Characters of a line that are held back; what is longer is printed in parts. */
const LONGEST = 65_536;

export class LinePrinter {
  readonly #to: Writable;
  readonly #prefix: string;
  readonly #decoder = new StringDecoder();
  #begun = '';

  /** `prefix` may have colours: they are shown on terminals that have them, and without NO_COLOR. */
  constructor(prefix: string, to: Writable & { hasColors?(): boolean }) {
    this.#to = to;
    this.#prefix = to.hasColors?.() ? prefix : stripVTControlCharacters(prefix);
  }

  /** Settles when the lines that are complete are written, so that a command does not outrun its reader. */
  async write(chunk: Buffer): Promise<void> {
    const text = this.#begun + this.#decoder.write(chunk);
    const end = text.length > LONGEST ? text.length : text.lastIndexOf('\n') + 1;
    this.#begun = text.slice(end);
    if (end > 0) await this.#print(text.slice(0, end));
  }

  /** Prints a last line that has no end; settles as `write` does. */
  end(): Promise<void> | undefined {
    const text = this.#begun + this.#decoder.end();
    this.#begun = '';
    return text === '' ? undefined : this.#print(text);
  }

  #print(text: string): Promise<void> {
    const lines = text.replace(/\n$/, '').split('\n');
    const shown = lines.map((line) => `${this.#prefix}${overwritten(line)}\n`).join('');
    return new Promise((resolve) => above(() => this.#to.write(shown, () => resolve())));
  }
}

/** What a terminal shows of a line whose program goes back to its beginning, as for progress. */
function overwritten(line: string): string {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
}
