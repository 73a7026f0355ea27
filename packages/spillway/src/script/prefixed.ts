/** Where the output of a command goes that is printed with a prefix, beside where its options send it. */
import { LinePrinter } from './line-printer.js';

export class Prefixed {
  readonly #prefix: string;
  /** For options that are not given. */
  readonly #usual: 'capture' | 'auto';
  readonly #isBlocking: boolean;
  readonly #printers: LinePrinter[] = [];

  constructor(prefix: string, usual: 'capture' | 'auto', isBlocking = false) {
    this.#prefix = prefix;
    this.#usual = usual;
    this.#isBlocking = isBlocking;
  }

  /** For the option of this name, which may be a list. Merged output is printed with the other stream. */
  option(name: 'stdout' | 'stderr', given: unknown = this.#usual): unknown {
    if (given === 'stdout') return given;
    const printer = new LinePrinter(this.#prefix, process[name]);
    this.#printers.push(printer);
    const print = (chunk: Buffer) => {
      const written = printer.write(chunk);
      return this.#isBlocking ? undefined : written;
    };
    return given === 'ignore' || given === 'inherit' ? print : [given, print].flat();
  }

  /** Prints last lines without an end. */
  end(): void {
    for (const printer of this.#printers) printer.end();
  }
}
