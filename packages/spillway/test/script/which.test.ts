/** Where a program is. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { OptionError, run, which } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';

checkForLeaks();

function program(path: string, mode = 0o755): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '#!/bin/sh\necho "$0"\n', { mode });
  chmodSync(path, mode);
  return path;
}

describe('which', () => {
  it('gives the path that run would start', async () => {
    const path = which('sh');
    expect(path).toMatch(/^\/.*\/sh$/);
    expect((await run('sh', ['-c', 'command -v sh'])).stdout).toBe(path);
    expect(which('spillway-no-such-program')).toBeUndefined();
  });

  it('searches the directories in order, each time anew', () => {
    const directory = scratchDirectory();
    const second = program(join(directory, 'b/tool'));
    const path = `${directory}/a:${directory}/b`;
    expect(which('tool', { path })).toBe(second);
    const first = program(join(directory, 'a/tool'));
    expect(which('tool', { path })).toBe(first);
    rmSync(first);
    expect(which('tool', { path })).toBe(second);
    expect(which('tool', { path: '' })).toBeUndefined();
  });

  it('passes by what is no program', () => {
    const directory = scratchDirectory();
    program(join(directory, 'a/tool'), 0o644);
    mkdirSync(join(directory, 'b/tool'), { recursive: true });
    mkdirSync(join(directory, 'c'));
    symlinkSync('nowhere', join(directory, 'c/tool'));
    const last = program(join(directory, 'd/tool'));
    const path = ['a', 'b', 'c', 'd'].map((name) => join(directory, name)).join(':');
    expect(which('tool', { path })).toBe(last);
  });

  it('takes relative names and directories to be relative to cwd', () => {
    const directory = scratchDirectory();
    const tool = program(join(directory, 'bin/tool'));
    expect(which('tool', { path: 'bin', cwd: directory })).toBe(tool);
    expect(which('./bin/tool', { cwd: pathToFileURL(directory) })).toBe(tool);
    expect(which(tool)).toBe(tool);
    expect(which('./bin/other', { cwd: directory })).toBeUndefined();
    expect(which('tool', { path: ':/nowhere', cwd: join(directory, 'bin') })).toBe(tool);
  });

  it.each([
    ['name', ['', {}]],
    ['name', [5, {}]],
    ['name', ['a\0b', {}]],
    ['path', ['sh', { path: ['/bin'] }]],
    ['cwd', ['sh', { cwd: 5 }]],
    ['all', ['sh', { all: true }]],
  ])('refuses a wrong %s', (name, args) => {
    const call = which as unknown as (...args: unknown[]) => unknown;
    expect(() => call(...args)).toThrow(OptionError);
    expect(() => call(...args)).toThrow(name);
  });
});
