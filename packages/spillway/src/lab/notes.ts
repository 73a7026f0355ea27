/** What an experiment writes down while it runs. Plain data: it goes from process to process as JSON. */
import type { Picture } from './picture/index.js';

export type Verdict = 'agrees' | 'differs' | 'could not be run';

/** One thing that was tried. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  /** Undefined when it could not be run. */
  readonly seen?: string;
  readonly verdict: Verdict;
  /** Why it could not be run. */
  readonly why?: string;
  /** Interesting, and nothing of the library relies on it. */
  readonly isAside?: true;
}

/** A value that varies, which no verdict rests on. */
export interface Figure {
  readonly what: string;
  readonly value: string;
}

/** What the doctor says about a program that hangs, in its own words. */
export interface Words {
  readonly about: string;
  readonly words: string;
}

export interface Findings {
  readonly checks: readonly Check[];
  readonly figures: readonly Figure[];
  readonly words: readonly Words[];
  readonly pictures: readonly Picture[];
}

/** This machine does not allow it, or lacks what it needs. The message says what. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun';
}

interface CheckOptions {
  readonly isAside?: boolean | undefined;
}

export class Notes implements Findings {
  readonly checks: Check[] = [];
  readonly figures: Figure[] = [];
  readonly words: Words[] = [];
  readonly pictures: Picture[] = [];
  /** A directory of its own, removed afterwards. */
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** It agrees when what was seen is what was expected, or one of several. */
  check(
    what: string,
    expected: string | number | readonly string[],
    seen: string | number,
    options: CheckOptions = {},
  ): boolean {
    const allowed = Array.isArray(expected) ? (expected as string[]) : [figure(expected as string | number)];
    return this.judge(what, allowed.join(' or '), figure(seen), allowed.includes(figure(seen)), options);
  }

  /** For what is not one value, such as a range. */
  judge(
    what: string,
    expected: string,
    seen: string | number,
    agrees: boolean,
    { isAside }: CheckOptions = {},
  ): boolean {
    const verdict = agrees ? 'agrees' : 'differs';
    this.checks.push({ what, expected, seen: figure(seen), verdict, ...(isAside && { isAside }) });
    return agrees;
  }

  /** One of the checks; the others go on. */
  cannot(what: string, expected: string | number, why: string): void {
    this.checks.push({ what, expected: figure(expected), verdict: 'could not be run', why });
  }

  /** Calls it; a CannotRun of it concerns this check alone. */
  async attempt(what: string, expected: string | number, act: () => void | Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof CannotRun)) throw error;
      this.cannot(what, expected, error.message);
    }
  }

  /** Takes over what others have found. */
  add({ checks, figures, words, pictures }: Findings): void {
    this.checks.push(...checks);
    this.figures.push(...figures);
    this.words.push(...words);
    this.pictures.push(...pictures);
  }

  figure(what: string, value: string | number): void {
    this.figures.push({ what, value: figure(value) });
  }

  say(about: string, words: string): void {
    this.words.push({ about, words });
  }

  draw(picture: Picture): void {
    this.pictures.push(picture);
  }
}

/** Numbers with separators, as the documents have them. */
export function figure(value: string | number): string {
  if (typeof value === 'string') return value;
  const digits = Math.abs(value) >= 1000 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const [whole = '', part] = value.toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return part === undefined ? grouped : `${grouped}.${part}`;
}
