import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, StartError } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { notRoot, runNode } from '../helpers/programs.js';

checkForLeaks();

describe('A start with more than the kernel takes', () => {
  it.each([
    ['one argument over 128 KiB', ['x'.repeat(128 * 1024)]],
    ['arguments over a quarter of the stack limit', Array(40).fill('x'.repeat(100_000))],
  ])('rejects with E2BIG for %s', async (_name, args) => {
    const error = await run('true', args).catch((e) => e);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ code: 'E2BIG', subject: 'system' });
    expect(error.message).toMatch(/larger than the kernel takes .*; pass them on stdin or in a file/);
    expect(error.message.length).toBeLessThan(500);
  });

  it('succeeds for the largest argument that the kernel takes', async () => {
    const { stdout } = await run('sh', ['-c', 'echo $' + '{#1}', 'sh', 'x'.repeat(128 * 1024 - 1)]);
    expect(stdout).toBe(String(128 * 1024 - 1));
  });
});

describe('A start without free descriptors', () => {
  it('throws EMFILE, leaks none, and the running children are well', async () => {
    const { stdout, stderr, code } = await runNode(
      `
      import { closeSync, openSync, readdirSync } from 'node:fs';
      // What is loaded at the first use needs descriptors, too.
      await run('cat', { input: 'x'.repeat(1e6) });
      console.log('begin');
      const held = [];
      try { for (;;) held.push(openSync('/dev/null')); } catch {}
      for (let i = 0; i < 10; i++) closeSync(held.pop());
      const free = () => {
        const more = [];
        try { for (;;) more.push(openSync('/dev/null')); } catch {}
        for (const fd of more) closeSync(fd);
        return more.length;
      };
      const children = [];
      let error;
      while (!error && children.length < 10) {
        const before = free();
        try { children.push(start('cat', { stdin: 'pipe' })); }
        catch (e) { error = e; console.log(e.name, e.code, e.subject, before === free()); }
      }
      console.log(error.message);
      for (const child of children) child.stdin.end('echoed');
      const results = await Promise.all(children.map((child) => child.result));
      console.log(results.length > 0, results.every(({ stdout }) => stdout === 'echoed'), free());
      console.log((await run('echo', ['again'])).stdout);
      `,
      { via: ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh'] },
    );
    expect(stderr).toBe('');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 2)).toEqual(['begin', 'StartError EMFILE system true']);
    expect(lines[2]).toMatch(/too many files open \(ulimit -n\); start fewer at a time, or raise the limit/);
    expect(lines.slice(3)).toEqual(['true true 10', 'again', '']);
    expect(code).toBe(0);
  });
});

describe('A start beyond the limit on processes', () => {
  it.skipIf(notRoot || !othersMayRunNode())(
    'throws EAGAIN, and the running children are well (needs root, and a Node that others may run)',
    async () => {
      // A user without other processes.
      const user = ['setpriv', '--reuid=61235', '--regid=61235', '--clear-groups', 'prlimit', '--nproc=24'];
      chmodSync(scratchDirectory(), 0o755);
      const { stdout, stderr, code } = await runNode(
        `
      const children = [];
      let error;
      while (!error && children.length < 40) {
        try { children.push(start('cat', { stdin: 'pipe' })); } catch (e) { error = e; }
      }
      console.log(error.name, error.code, error.subject);
      console.log(error.message);
      for (const child of children) child.stdin.end('echoed');
      const results = await Promise.all(children.map((child) => child.result));
      console.log(results.length > 0, results.every(({ stdout }) => stdout === 'echoed'));
      `,
        { via: user },
      );
      expect(stderr).toBe('');
      const lines = stdout.split('\n');
      expect(lines[0]).toBe('StartError EAGAIN system');
      expect(lines[1]).toMatch(/limit on processes or threads is reached .*; start fewer at a time/);
      expect(lines[2]).toBe('true true');
      expect(code).toBe(0);
    },
  );
});

/** Whether another user may execute this Node: it may lie in root's own directory. */
function othersMayRunNode(): boolean {
  for (let path = process.execPath; path !== '/'; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false;
  }
  return true;
}
