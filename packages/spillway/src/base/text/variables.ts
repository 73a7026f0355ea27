/** The value of a variable among `NAME=value` lines: that of the first, as getenv(3) has it. */
export function valueIn(lines: readonly string[], name: string): string | undefined {
  const start = `${name}=`;
  return lines.find((line) => line.startsWith(start))?.slice(start.length);
}
