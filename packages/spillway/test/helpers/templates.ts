/** Templates that a test makes itself. */

/** What a tag gets for a template with this text, as its source has it, and values between the parts. */
export function templateOf(...raw: readonly string[]): TemplateStringsArray {
  return Object.assign([...raw], { raw }) as unknown as TemplateStringsArray;
}

/** Prints its arguments as JSON. */
export const ARGV = [process.execPath, '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--'];

/** The words that `printf '%s\0' …` has printed. */
export function printed(output: string): string[] {
  return output.split('\0').slice(0, -1);
}
