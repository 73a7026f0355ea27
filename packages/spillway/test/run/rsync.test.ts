/** The job that this library was made for: a long listing of a real file synchronisation, captured whole. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, start } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';

checkForLeaks();

function hasRsync(): boolean {
  try {
    execFileSync('rsync', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const FILES = 2000;

/** Files of 1 to 20 KiB, in 20 directories, with names long enough that their list fills a pipe twice. */
function makeFiles(directory: string): string[] {
  const names: string[] = [];
  for (let i = 0; i < FILES; i++) {
    const parent = `directory-${i % 20}`;
    if (i < 20) mkdirSync(join(directory, parent), { recursive: true });
    const name = `${parent}/file number ${i} with a name that says nothing about what is in it.dat`;
    writeFileSync(join(directory, name), Buffer.alloc(1024 * (1 + (i % 20)), `${i} `));
    names.push(name);
  }
  return names;
}

describe.runIf(hasRsync())('The output of rsync -av for 2,000 files (needs rsync)', () => {
  it('is captured whole: each file is copied and named once', async () => {
    const [from, to] = [join(scratchDirectory(), 'from'), join(scratchDirectory(), 'to')];
    const names = makeFiles(from);
    const result = await run('rsync', ['-av', `${from}/`, `${to}/`], { timeout: '50s' });
    expect(result.output.stdout.size).toBeGreaterThan(2 * 65_536);
    expect(
      result.stdout
        .split('\n')
        .filter((line) => line.endsWith('.dat'))
        .sort(),
    ).toEqual(names.sort());
    expect(result.stdout).toMatch(/\ntotal size is [\d,]+ {2}speedup is [\d.]+$/);
    expect(result).toMatchObject({ ok: true, stderr: '' });
    const copied = readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.dat'),
    );
    expect(copied.sort()).toEqual(names);
    for (const name of names.slice(0, 50)) {
      expect(readFileSync(join(to, name)).equals(readFileSync(join(from, name)))).toBe(true);
    }
  });

  it('is read line by line by a slower reader while rsync runs', async () => {
    const [from, to] = [join(scratchDirectory(), 'from'), join(scratchDirectory(), 'to')];
    const names = makeFiles(from);
    await using child = start('rsync', ['-av', `${from}/`, `${to}/`], { stdout: 'stream', timeout: '50s' });
    const listed: string[] = [];
    for await (const line of child.stdout.lines()) {
      if (line.endsWith('.dat')) listed.push(line);
      if (listed.length % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(listed.sort()).toEqual(names.sort());
    expect((await child.result).ok).toBe(true);
  });
});
