/** Tables of text in columns, whose cells are wrapped. */

/** `widths`: in characters, one for each column. Lines without final spaces. */
export function columns(rows: readonly (readonly string[])[], widths: readonly number[]): string[] {
  return rows.flatMap((row) => {
    const cells = row.map((cell, index) => wrapped(cell, widths[index] ?? Number.POSITIVE_INFINITY));
    const height = Math.max(...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, index) => (lines[line] ?? '').padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  });
}

/** Lines of at most `width` characters, broken at spaces; a longer word is cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (let word of paragraph.split(' ')) {
      while (word.length > width) {
        if (line !== '') lines.push(line);
        line = '';
        lines.push(word.slice(0, width));
        word = word.slice(width);
      }
      const joined = line === '' ? word : `${line} ${word}`;
      if (joined.length <= width) line = joined;
      else {
        lines.push(line);
        line = word;
      }
    }
    lines.push(line);
  }
  return lines;
}
