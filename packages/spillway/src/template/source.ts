/** The text of a template as its author wrote it, and errors that point into it. */
import { safeLines, VALUE, withCode } from '../base/index.js';

/** A value, in an error. */
const SHOWN = `\${…}`;
/** Two backslashes are a pair in JavaScript, too, so the second one escapes nothing. */
const PAIRS = /\\\\|(\\(?=`|\$\{)|(?<=\$)\\(?=\{))|[\s\S]/g;

/**
 * `text` is the raw text, as a shell would read it, with VALUE for each value. A backslash that JavaScript
 * demands, that of `` \` ``, `\${` or `$\{`, is not part of it.
 */
export class Source {
  readonly text: string;
  readonly #written: string;
  /** Where each character of `text` stands in `#written`. */
  readonly #places: number[] = [];

  /** Throws SyntaxError. */
  constructor({ raw }: TemplateStringsArray) {
    [this.text, this.#written] = ['', raw.join(SHOWN)];
    let place = 0;
    for (const [index, piece] of raw.entries()) {
      let begun: number | undefined;
      for (const [all, dropped] of piece.matchAll(PAIRS)) {
        if (dropped === undefined)
          for (const [at, character] of all.split('').entries()) this.#add(character, begun ?? place + at);
        // What is escaped stands where its backslash does.
        begun = dropped === undefined ? undefined : place;
        place += all.length;
      }
      if (index < raw.length - 1) this.#add(VALUE, place);
      place += SHOWN.length;
    }
    this.#places.push(this.#written.length);
    const nul = raw.join('').includes(VALUE);
    if (nul) throw this.error(0, 'no program can be given a NUL character');
  }

  #add(character: string, place: number): void {
    (this as { text: string }).text += character;
    this.#places.push(place);
  }

  /** Adds the place: line and column count from 1, and a value as the four characters `${…}`. */
  error<E extends Error = SyntaxError>(at: number, problem: string, Kind?: new (message: string) => E): E {
    const before = this.#written.slice(0, this.#places[at]).split('\n');
    const [line, column] = [before.length, [...(before.at(-1) as string)].length + 1];
    const lines = this.#written.split('\n');
    const where = lines.length > 1 ? `line ${line}, column ${column}` : `column ${column}`;
    const pointer = `${(lines[line - 1] as string).replaceAll('\t', ' ')}\n  ${' '.repeat(column - 1)}^`;
    const error = new (Kind ?? SyntaxError)(safeLines(`${problem} (${where})\n  ${pointer}`)) as E;
    return Object.assign(withCode(error, Kind ? 'ERR_INVALID_ARG_VALUE' : 'ERR_TEMPLATE_SYNTAX'), {
      line,
      column,
    });
  }
}
