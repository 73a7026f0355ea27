/** What the values of a template become: words, parts of words, and places of redirections. */
import { fileURLToPath } from 'node:url';
import {
  isFileUrl,
  isThenable,
  quotedFor,
  type ShellPlace,
  shellPlaces,
  shown,
  VALUE,
  type Word,
} from '../base/index.js';
import type { OutputOption, StdinOption } from '../run/index.js';
import type { Source } from './source.js';

type Piece = string | number | bigint | URL;
/**
 * A value of a template. Text, a number, a bigint or a URL (that of a file: its path) is one word or a part
 * of one, between quotes too. An array is as many words, and `false`, `null` and `undefined` are none, where
 * they stand alone. After `<`, `>` and `2>` may stand what the options stdin, stdout and stderr take.
 */
export type TemplateValue = Piece | readonly Piece[] | false | null | undefined | StdinOption | OutputOption;

/** Values in their places. Each method throws TypeError for a value that cannot stand there. */
export class Values {
  readonly #source: Source;
  readonly #values: readonly unknown[];

  constructor(source: Source, values: readonly unknown[]) {
    [this.#source, this.#values] = [source, values];
  }

  words(word: Word): readonly string[] {
    return (word.bare === VALUE && this.#several(word.parts[1] as number)) || [this.text(word)];
  }

  text({ parts }: Word): string {
    return parts.map((part) => (typeof part === 'string' ? part : this.#piece(part))).join('');
  }

  /** The value after a redirection that is no path. */
  place({ bare, parts }: Word): object | undefined {
    const value = this.#values[parts[1] as number];
    const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
    if (bare !== VALUE || !isObject || isThenable(value) || Array.isArray(value)) return undefined;
    return isUrl(value) ? undefined : (value as object);
  }

  /** The template as a script for sh(1); `change` is applied to each value, and to the text between. */
  script(change = (text: string) => text): string {
    const { text } = this.#source;
    const places = shellPlaces(text);
    let [script, number] = ['', 0];
    for (const { 0: piece, index } of text.matchAll(/\0|[^\0]+/g)) {
      if (piece !== VALUE) script += change(piece);
      else {
        const place = places[number] as ShellPlace;
        const isApart = BEFORE.test(text.slice(0, index)) && AFTER.test(text.slice(index + 1));
        const isAlone = isApart && place === 'word';
        const words = (isAlone && this.#several(number)) || [this.#piece(number)];
        const way = place === 'number' ? 'a whole number alone can stand here' : UNCLEAR;
        const quoted = words.map((word) => quotedFor(place, change(word)) ?? this.#refuse(number, way));
        script += quoted.join(' ');
        number++;
      }
    }
    return script;
  }

  /** All words of a command are values that are no words. */
  refuseAll([word]: readonly Word[]): never {
    this.#refuse(word?.parts[1] as number, 'it is no word, and no other word names a command');
  }

  /** Undefined for a value that is one word. */
  #several(number: number): readonly string[] | undefined {
    const value = this.#values[number];
    if (value === false || value === null || value === undefined) return [];
    return Array.isArray(value) ? value.map((one) => this.#piece(number, one)) : undefined;
  }

  #piece(number: number, value = this.#values[number]): string {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
      return `${value}`;
    if (isFileUrl(value)) return fileURLToPath(value.href);
    if (isUrl(value)) return value.href;
    return this.#refuse(number, `${shown(value)} is no text: ${wayOut(value)}`);
  }

  #refuse(number: number, problem: string): never {
    const { text } = this.#source;
    const at = text.split(VALUE, number + 1).join(VALUE).length;
    throw this.#source.error(at, `value ${number + 1} of the template: ${problem}`, TypeError);
  }
}

/** Around a value that is words of its own, and no target of a redirection. */
const BEFORE = /(?:^|(?<![<>]\s*|\\)[ \t\n;|&(])$/;
const AFTER = /^(?:$|[ \t\n;|&)])/;
const UNCLEAR = `its quotes are unclear here; write name=\${…} at the beginning, and "$name" here`;

function wayOut(value: unknown): string {
  if (isThenable(value)) return 'await it first';
  if (Array.isArray(value)) return 'an array stands alone, between blanks; list.join() is one word';
  if (value === true) return `write \${isFast && '--fast'}`;
  if (value === false || value === null || value === undefined) return 'between blanks alone it is no word';
  if (typeof value === 'object' && 'stdout' in value) return 'write result.stdout';
  return 'a value is text, a number, a bigint, a URL, or an array of these';
}

/** By its shape: it may be of another realm. */
function isUrl(value: unknown): value is URL {
  if (typeof value !== 'object' || value === null) return false;
  const { href, protocol } = value as Partial<URL>;
  return typeof href === 'string' && typeof protocol === 'string';
}
