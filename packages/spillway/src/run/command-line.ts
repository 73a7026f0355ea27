/** A command as a person would type it. */
import { shellWord } from '../base/index.js';

/** Quoted for a POSIX shell where it needs to be, control characters escaped, cut when it is very long. */
export function formatCommand(file: string, args: readonly string[]): string {
  const text = [file, ...args].map(shellWord).join(' ');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${args.length} arguments)` : text;
}

/** Commands with pipes between them. */
export function formatPipeline(
  commands: readonly { readonly file: string; readonly args: readonly string[] }[],
): string {
  return commands.map(({ file, args }) => formatCommand(file, args)).join(' | ');
}

const LONGEST = 400;
