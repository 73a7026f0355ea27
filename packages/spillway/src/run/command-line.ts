/** A command as one would type it. */

/** Quoted for a POSIX shell where it needs to be, control characters escaped, cut when it is very long. */
export function formatCommand(file: string, args: readonly string[]): string {
  const text = [file, ...args].map(quote).join(' ');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${args.length} arguments)` : text;
}

const LONGEST = 400;

function quote(word: string): string {
  if (/^[\w@%+=:,./~-]+$/.test(word)) return word;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(word)) {
    return `$${JSON.stringify(word).replace(/^"|"$/g, "'").replace(/\\"/g, '"')}`;
  }
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
