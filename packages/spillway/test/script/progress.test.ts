/** The line that says how far mapLimit is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);

/** Wipes a line off. */
const CLEAR = '\x1b[2K';

/** What a terminal of 40 columns is sent. */
async function onTerminal(script: string, env = {}): Promise<string> {
  const path = join(scratchDirectory(), 'script.mjs');
  writeFileSync(path, `import { $, mapLimit } from ${library};\n${script}`);
  const pty = { columns: 40, rows: 10 };
  const { stdout } = await run(process.execPath, [path], {
    pty,
    env: { TERM: 'xterm', ...env },
    timeout: '30s',
  });
  return stdout;
}

const WORK =
  "await mapLimit([1, 2, 3], 2, (n) => $({ prefix: n + ' │ ' })`echo line`, { progress: 'lint' });";

describe('progress', () => {
  it('shows how far it is, below what is printed, and is gone at the end', async () => {
    const sent = await onTerminal(`${WORK}\nconsole.log('end');`);
    expect(sent).toContain('lint: 0/3 done, 1 running\r');
    expect(sent).toContain('lint: 0/3 done, 2 running\r');
    expect(sent).toContain('lint: 2/3 done, 1 running\r');
    // Each printed line begins where the status line was wiped off.
    const wiped = sent.split(CLEAR);
    expect(wiped.filter((text) => /^\d │ line\r\n$/.test(text))).toHaveLength(3);
    expect(wiped.slice(-2).map((text) => text.trimEnd())).toEqual(['lint: 3/3 done, 0 running', 'end']);
  });

  it('fits into the terminal', async () => {
    const sent = await onTerminal("await mapLimit([1], 1, () => 1, { progress: 'x'.repeat(100) });");
    const lines = stripVTControlCharacters(sent)
      .split('\r')
      .filter((line) => line.includes('xxx'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line.length).toBeLessThan(40);
  });

  it('prints nothing on a pipe, or a terminal without a cursor, or unless it is asked to', async () => {
    expect(await runNode(WORK.replace('prefix', 'argv0'))).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await onTerminal(WORK, { TERM: 'dumb' })).not.toContain('done');
    expect(await onTerminal('await mapLimit([1], 1, () => 1);')).toBe('');
  });

  it('counts items whose number is not known', async () => {
    const sent = await onTerminal('await mapLimit($`seq 3`.lines(), 1, () => 1, { progress: true });');
    expect(sent).toContain('3 done, 0 running\r');
  });
});
