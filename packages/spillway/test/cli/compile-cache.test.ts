import { chmodSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkForLeaks } from '../helpers/leaks.js';
import { spillway } from './spillway.js';

const hasCache = 'flushCompileCache' in (process.getBuiltinModule?.('node:module') ?? {});

checkForLeaks();

describe.skipIf(!hasCache)('The cache of compiled code (Node 22.10 and later)', () => {
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'home-'));
  });

  /** The files in it after a command. */
  async function filesAfter(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> {
    const { NODE_DISABLE_COMPILE_CACHE: _, XDG_CACHE_HOME: __, ...rest } = process.env;
    const { status, stdout } = await spillway(args, { env: { ...rest, HOME: home, ...env } });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'hi\n' });
    return readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => /\/v\d.*\//.test(name));
  }

  it.each([
    ['run', '--'],
    ['timeout', '5'],
  ])('is in the cache directory of the user: %s', async (...words) => {
    const first = await filesAfter([...words, 'echo', 'hi'], {});
    expect(first.length).toBeGreaterThan(3);
    expect(first.every((name) => name.startsWith('.cache/spillway/'))).toBe(true);
    expect(await filesAfter([...words, 'echo', 'hi'], {})).toEqual(first);
  });

  it('is in XDG_CACHE_HOME', async () => {
    const files = await filesAfter(['run', 'echo', 'hi'], { XDG_CACHE_HOME: join(home, 'elsewhere') });
    expect(files.length).toBeGreaterThan(3);
    expect(files.every((name) => name.startsWith('elsewhere/spillway/'))).toBe(true);
  });

  it('is not used where another user may write', async () => {
    chmodSync(home, 0o777);
    expect(await filesAfter(['run', 'echo', 'hi'], {})).toEqual([]);
  });

  it('is not used without a home', async () => {
    expect(await filesAfter(['run', 'echo', 'hi'], { HOME: '/dev/null/none' })).toEqual([]);
  });

  it('is not used when the user has switched it off', async () => {
    expect(await filesAfter(['run', 'echo', 'hi'], { NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual([]);
  });
});
