/**
 * Checks what the formatter does not: lines wider than 110 columns, comments included, and vague subjects.
 * Prints each place, and exits with 1 when there is one.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const MOST_COLUMNS = 110;
/** Files that tools write, and recordings. */
const GENERATED = /package-lock\.json$|\/recordings\/|bench\/RESULTS\.md$|\.svg$/;
const CODE = /\.(?:[cm]?[jt]s|py|c|h|sh)$|^\.ci\/run$/;
const PAGE = /\.md$/;
/** Words to replace by a process, a program or a person. */
const VAGUE = /\b(?:nobody|somebody|whoever|whomever)\b/i;

/** The lines of a page that can be broken: not tables, not fenced code, not a line that is one long link. */
function* prose(lines) {
  let isFenced = false;
  for (const [index, line] of lines.entries()) {
    if (/^\s*```/.test(line)) isFenced = !isFenced;
    else if (!isFenced && !/^\s*\|/.test(line) && !/^\S*\]\([^)]*\)\S*$/.test(line.trim()))
      yield [index, line];
  }
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
}).split('\n');

let found = 0;
for (const file of files) {
  if (GENERATED.test(file) || !(CODE.test(file) || PAGE.test(file)) || !existsSync(file)) continue;
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [index, line] of PAGE.test(file) ? prose(lines) : lines.entries()) {
    const columns = [...line].length;
    const problem =
      columns > MOST_COLUMNS
        ? `${columns} columns; at most ${MOST_COLUMNS}`
        : file !== 'scripts/lint-text.js' && VAGUE.test(line)
          ? `"${VAGUE.exec(line)?.[0]}": name the process, program or person`
          : undefined;
    if (problem === undefined) continue;
    found++;
    console.log(`${file}:${index + 1}: ${problem}`);
  }
}
if (found > 0) {
  console.log(`${found} lines`);
  process.exitCode = 1;
}
