/**
 * What the command line of spillway lends to these commands (packages/spillway/src/cli/jobs/lent.ts). So they
 * write, end and take signals as its own commands do.
 */
export interface Tools {
  /** Still a relative path where this directory has been removed. */
  absolutePath(...parts: string[]): string;
  /** Cuts a text to so many columns of a terminal, ellipsis included. */
  clippedTo(text: string, columns: number): string;
  columnsOf(text: string): number;
  /** `1 file`, `2,000 files`. */
  counted(count: number, noun: string): string;
  formatBytes(bytes: number): string;
  formatCount(count: number): string;
  formatDuration(ms: number): string;
  /** Milliseconds; undefined for what is no duration. */
  parseDuration(text: unknown): number | undefined;
  /** Control characters made visible: of any text, of a message of one line, of one of several, in JSON. */
  safe(text: string): string;
  safeLine(text: string): string;
  safeLines(text: string): string;
  safeJson(json: string): string;
  /** As a user would type it into a shell. */
  shellWord(word: string): string;
  /** Ends this process at once. */
  endWith(status: number): never;
  /** Who gets the signals that would end this process; undefined: they end it. */
  passSignalsTo(receiver: ((signal: NodeJS.Signals) => void) | undefined): void;
  /** A message on stderr. */
  say(text: string): void;
  /** Rejects as write(2) fails. */
  writeAll(fd: number, bytes: Buffer): Promise<void>;
  /** Errors are ignored. */
  writeLine(fd: number, line: string): void;
}

/** Those of this process. */
export let tools: Tools;

/** Call it before all else. */
export function lend(lent: Tools): void {
  tools = lent;
}
