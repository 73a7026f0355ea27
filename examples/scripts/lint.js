/**
 * Runs all scripts of package.json whose names begin with `lint:`, several at a time. Their output comes
 * live, each line behind the name of its script. All run to the end; the exit status is 1 when one failed.
 *
 * usage: node lint.js, or node lint.js --at-once 2
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs, styleText } from 'node:util';
import { mapLimit, run } from 'spillway';

const { values } = parseArgs({ options: { 'at-once': { type: 'string' } } });
const atOnce = Number(values['at-once'] ?? availableParallelism());
const { scripts = {} } = JSON.parse(await readFile('package.json', 'utf8'));
const names = Object.keys(scripts).filter((name) => name.startsWith('lint:'));
const widest = Math.max(...names.map((name) => name.length));
const COLOURS = ['cyan', 'magenta', 'yellow', 'blue', 'green'];

const started = performance.now();
const results = await mapLimit(names, atOnce, lint, { progress: 'lint' });
const failed = results.filter(({ ok }) => !ok);
for (const { name, ok, durationMs } of results)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(widest)}  ${(durationMs / 1000).toFixed(1)} s`);
const tookMs = Math.round(performance.now() - started);
console.log(`${names.length - failed.length} of ${names.length} passed in ${tookMs} ms`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function lint(name, { index, signal }) {
  const { ok, durationMs } = await run('npm', ['run', '--silent', name], {
    prefix: styleText(COLOURS[index % COLOURS.length], `${name.padEnd(widest)} │ `),
    stdout: 'ignore',
    env: process.stdout.isTTY ? { FORCE_COLOR: '1' } : {},
    timeout: '5m',
    check: false,
    signal,
  });
  return { name, ok, durationMs };
}
