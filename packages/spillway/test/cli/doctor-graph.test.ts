/** `spillway doctor --graph`, and the drawing on a terminal. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect } from 'vitest';
import { run } from '../../src/index.js';
import { endHanging, foundIn, python } from '../helpers/hanging.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { MAIN, spillway } from './spillway.js';

checkForLeaks();
endHanging();

const it = sideBySide(3);

const recording = (name: string) => fileURLToPath(new URL(`../recordings/${name}.json`, import.meta.url));
const scratch = (name: string) => join(scratchDirectory(), name);
const FROM = ['doctor', '--from', recording('unread-output')];

describe('spillway doctor --graph', () => {
  it('draws what it has seen for its owner alone, and reports the same as without', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const [picture, seen] = [scratch('hang.svg'), scratch('seen.json')];
    const { status, stdout, stderr } = await spillway([
      ...['doctor', String(pid), '--graph', picture],
      ...['--snapshot', seen, '--json'],
    ]);
    expect([status, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'hung' });
    expect(statSync(picture).mode & 0o777).toBe(0o600);
    const svg = readFileSync(picture, 'utf8');
    expect(svg).toContain(`python3[${pid}]`);
    const again = scratch('again.svg');
    await spillway(['doctor', '--from', seen, '--graph', again]);
    expect(readFileSync(again, 'utf8')).toBe(svg);
  });

  it('leaves the report as it is', async () => {
    const without = await spillway(FROM);
    const withGraph = await spillway([...FROM, '--graph', scratch('a.svg')]);
    expect(withGraph).toEqual(without);
  });

  it.each(['a.svg', 'a.SVG', 'a.dot'])('writes %s', async (name) => {
    const { status } = await spillway([...FROM, '--graph', scratch(name)]);
    expect(status).toBe(1);
    const text = readFileSync(scratch(name), 'utf8');
    if (name.endsWith('.dot')) expect(text).toMatch(/^digraph doctor \{\n.*\}\n$/s);
    else
      execFileSync('python3', [
        '-c',
        'import sys, xml.etree.ElementTree as t; t.parse(sys.argv[1])',
        scratch(name),
      ]);
  });

  it('exits with 0 when nothing hangs', async () => {
    const args = ['doctor', '--from', recording('idle-workers'), '--graph', scratch('a.svg')];
    expect((await spillway(args)).status).toBe(0);
  });

  it.each(['a.png', 'a', 'svg', 'a.svg.gz', ''])('refuses the name %j before it looks', async (name) => {
    const path = scratch(name);
    const { status, stdout, stderr } = await spillway([...FROM, '--graph', path]);
    expect(stderr).toBe(
      `spillway: --graph ${path}: ` +
        "the name of a picture ends in .svg, or in .dot for Graphviz's own language\n",
    );
    expect([status, stdout]).toEqual([2, '']);
    if (name !== '') expect(existsSync(path)).toBe(false);
  });

  it('says why it cannot write, after the report', async () => {
    const full = scratch('full.svg');
    symlinkSync('/dev/full', full);
    writeFileSync(scratch('file'), '');
    const report = (await spillway(FROM)).stdout;
    for (const [path, reason] of [
      [full, 'no space left on device (ENOSPC)'],
      ['/no/such/folder/a.svg', 'no such file or directory (ENOENT)'],
      [`${scratch('file')}/a.dot`, 'not a directory (ENOTDIR)'],
    ] as const) {
      const { status, stdout, stderr } = await spillway([...FROM, '--graph', path]);
      expect(stderr).toBe(`spillway: the picture ${path} cannot be written: ${reason}\n`);
      expect([status, stdout]).toEqual([2, report]);
    }
  });
});

describe('spillway doctor on a terminal', () => {
  const CALM = { NO_COLOR: undefined, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' };

  async function seen(env: Record<string, string | undefined>, columns = 100, args: string[] = []) {
    const options = { pty: { columns }, env: { ...CALM, ...env }, check: false };
    const { stdout, exitCode } = await run(process.execPath, [MAIN, ...FROM, ...args], options);
    expect(exitCode).toBe(1);
    return stdout.replaceAll('\r\n', '\n');
  }

  it('draws the circle in red above the same report', async () => {
    const text = await seen({});
    expect(text).toContain('\x1b[31m  │ python3[14649] hang.py │◄───');
    const lines = text.split('\n');
    const report = lines.filter((line) => !line.startsWith('\x1b[31m')).join('\n');
    expect(report.replace('\n\n\n', '\n\n')).toBe((await spillway(FROM)).stdout.trimEnd());
  });

  it.each([24, 40, 60])('never draws wider than its %i columns', async (columns) => {
    const drawn = (await seen({}, columns)).split('\n').filter((line) => line.startsWith('\x1b[31m'));
    expect(drawn.length).toBeGreaterThan(5);
    for (const line of drawn) expect([...stripVTControlCharacters(line)].length).toBeLessThanOrEqual(columns);
  });

  it('draws in ASCII without a UTF-8 locale', async () => {
    expect(await seen({ LC_ALL: 'C' })).toContain('| python3[14649] hang.py |<---');
    expect(await seen({ LC_ALL: '', LC_CTYPE: '', LANG: 'en_US.utf8' })).toContain('◄');
  });

  it.each([
    ['NO_COLOR', { NO_COLOR: '1' }, []],
    ['TERM=dumb', { TERM: 'dumb' }, []],
    ['no TERM', { TERM: undefined }, []],
    ['--json', {}, ['--json']],
  ])('does not draw with %s', async (_, env, args) => {
    expect(await seen(env, 100, args)).toBe((await spillway([...FROM, ...args])).stdout.trimEnd());
  });
});
