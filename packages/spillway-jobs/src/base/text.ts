/** Texts of others in one line of a message or a table: no control character reaches a terminal. */

// C0, C1, DEL, line separators, and characters that reverse the direction of writing.
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is for
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

export function safeOneLine(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16);
    return NAMED[character] ?? (code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`);
  });
}

/** What an error of any kind says, in one line. */
export function messageOf(error: unknown): string {
  return safeOneLine(error instanceof Error ? error.message : String(error));
}
