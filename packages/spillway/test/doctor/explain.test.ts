/** A program that tells what its own children wait for. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/doctor/index.js';
import { run } from '../../src/index.js';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';

checkForLeaks();

describe('explain()', () => {
  it('names a child that this program keeps waiting, and the descriptor that it ignores', async () => {
    const writer = spawn('yes', { stdio: ['ignore', 'pipe', 'ignore'] });
    writer.stdout.pause();
    const gone = new Promise((resolve) => writer.on('close', resolve));
    try {
      let text = '';
      await until(
        async () => {
          text = '';
          await explain({ write: (more) => (text += more) });
          return text.includes('does not listen to fd');
        },
        () => text,
        20_000,
      );
      expect(text).toMatch(/^spillway: this program, .*\[\d+\], has started \d+ process(?:es)?:\n/);
      expect(text).toMatch(/yes\[\d+\] +cannot write its stdout: the socket is full/);
      expect(text.endsWith('.\n')).toBe(true);
    } finally {
      writer.kill('SIGKILL');
      writer.stdout.resume();
      await gone;
    }
  });
});

describe('A program with --import spillway/doctor/on-signal', () => {
  const program = async (code: string) => {
    const directory = scratchDirectory();
    mkdirSync(join(directory, 'node_modules'), { recursive: true });
    const link = join(directory, 'node_modules/spillway');
    if (!existsSync(link)) symlinkSync(fileURLToPath(new URL('../../', import.meta.url)), link);
    writeFileSync(join(directory, 'program.mjs'), code);
    const args = ['--import', 'spillway/doctor/on-signal', 'program.mjs'];
    return run(process.execPath, args, { cwd: directory, timeout: '60s' });
  };

  it("leaves Spillway's own guard out of explain()", async () => {
    const { stderr } = await program(`
      import { start } from 'spillway';
      import { explain } from 'spillway/doctor';
      const child = start('cat', [], { stdin: 'pipe' });
      await explain();
      child.stdin.end();
      await child.result;
      await explain();
    `);
    expect(stderr).toMatch(/^spillway: this program, \S+, has started 1 process:\n {2}cat\[/);
    expect(stderr).not.toContain('sh[');
    expect(stderr).toMatch(/has no children\.\n*$/);
  });

  it('prints what its children wait for on SIGUSR2, and goes on', async () => {
    const { stderr, stdout } = await program(`
      import { spawn } from 'node:child_process';
      const child = spawn('sleep', ['60'], { stdio: 'ignore' });
      const write = process.stderr.write.bind(process.stderr);
      process.stderr.write = (text) => {
        write(text);
        child.on('exit', () => console.log('went on'));
        child.kill();
      };
      process.kill(process.pid, 'SIGUSR2');
    `);
    expect(stderr).toMatch(/^spillway: this program, node\[\d+\], has started 1 process:/);
    expect(stderr).toContain('sleeps');
    expect(stdout).toBe('went on');
  });

  it('ends by itself, and says on SIGUSR2 when it has no children', async () => {
    expect((await program('')).stderr).toBe('');
    const { stderr } = await program(`process.kill(process.pid, 'SIGUSR2'); setTimeout(() => {}, 1000);`);
    expect(stderr).toMatch(/^spillway: this program, node\[\d+\], has no children\.$/);
  });
});
