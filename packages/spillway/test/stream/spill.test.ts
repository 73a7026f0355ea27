import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunError, run, SpillError, start } from '../../src/index.js';
import { checkForLeaks, isAlive, openDescriptors, scratchDirectory, until } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

function spillFiles(): string[] {
  return [...openDescriptors().values()].filter((target) => target.startsWith(scratchDirectory()));
}

describe('Output beyond the memory bound', () => {
  it('is exact to the byte, 55 MB of it', async () => {
    const result = await run('seq', ['1', '7000000'], { memory: 1000 });
    const { stdout } = result.output;
    const { stdout: wanted } = await run('sh', ['-c', 'seq 1 7000000 | sha256sum']);
    const hash = createHash('sha256');
    for await (const chunk of stdout) hash.update(chunk);
    expect(`${hash.digest('hex')}  -`).toBe(wanted);
    expect(stdout.spilled).toBe(true);
    expect(result.stdout.length).toBe(stdout.size - 1);
    expect(result.stdout.endsWith('6999999\n7000000')).toBe(true);
    stdout.close();
  });

  it.each([0, 1, 999, 4096, 65_536])(
    'joins the parts in memory and on disk with a bound of %i bytes',
    async (memory) => {
      const result = await run('seq', ['1', '30000'], { memory });
      const wanted = Array.from({ length: 30_000 }, (_, i) => `${i + 1}\n`).join('');
      expect(await result.output.stdout.text()).toBe(wanted);
      expect(result.output.stdout.spilled).toBe(true);
      result[Symbol.dispose]();
      expect(spillFiles()).toEqual([]);
    },
  );

  it('stays in memory when it fits to the byte', async () => {
    const { output } = await run('head', ['-c', '5000', '/dev/zero'], { memory: 5000 });
    expect(output.stdout).toMatchObject({ size: 5000, spilled: false });
    expect(spillFiles()).toEqual([]);
  });

  it('has no name in the directory, and frees its space when the output is closed', async () => {
    const child = start('sh', ['-c', 'head -c 2000000 /dev/zero; read -r line'], {
      stdin: 'pipe',
      memory: 1000,
    });
    await until(() => spillFiles().length === 1);
    expect(readdirSync(scratchDirectory())).toEqual([]);
    child.stdin.end('\n');
    using result = await child.result;
    expect(result.output.stdout?.size).toBe(2_000_000);
    expect(spillFiles()).toHaveLength(1);
    result.output.stdout?.close();
    expect(spillFiles()).toEqual([]);
    await expect(result.output.stdout?.bytes()).rejects.toThrow(/closed/);
  });

  it('leaves no file when the program is killed by SIGKILL', async () => {
    const finished = await runNode(`
      import { readdirSync, readlinkSync } from 'node:fs';
      const child = start('yes', { memory: 1000 });
      console.log(child.pid);
      const spilled = () => readdirSync('/proc/self/fd').some((fd) => {
        try { return readlinkSync('/proc/self/fd/' + fd).endsWith('(deleted)'); } catch { return false; }
      });
      while (!spilled()) await new Promise((resolve) => setTimeout(resolve, 5));
      process.kill(process.pid, 'SIGKILL');
    `);
    expect(finished.signal).toBe('SIGKILL');
    await until(() => !isAlive(Number(finished.stdout)));
    expect(readdirSync(scratchDirectory())).toEqual(['script.mjs']);
  });
});

/** A file system of 1 MiB, made and removed by root. */
async function withTinyDisk(use: (directory: string) => Promise<void>): Promise<void> {
  const disk = join(scratchDirectory(), 'disk');
  mkdirSync(disk);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  try {
    await use(disk);
  } finally {
    await run('umount', [disk]);
  }
}

/** Root in a container may lack the right to mount. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.runIf(canMount())('A full disk (needs a root that may mount)', () => {
  it('ends the child, says so, and keeps the output', () =>
    withTinyDisk(async (spillDirectory) => {
      const options = { memory: 1000, spillDirectory, check: false };
      const error = await run('seq', ['1', '100000000'], options).catch((e) => e);
      expect(error).toBeInstanceOf(RunError);
      expect(error.cause).toBeInstanceOf(SpillError);
      expect(error.cause.code).toBe('ENOSPC');
      expect(error.message).toMatch(/cannot be spilled to .*disk: .*no space left.*free some space/s);
      expect(error.result).toMatchObject({ reason: 'error', ok: false });
      const { stdout } = error.result.output;
      expect(stdout.size).toBeGreaterThan(1_000_000);
      const lines = (await stdout.text()).split('\n').slice(0, -1);
      expect(lines.every((line: string, i: number) => line === String(i + 1))).toBe(true);
      stdout.close();
    }));

  it('has no effect on output that fits into memory', () =>
    withTinyDisk(async (spillDirectory) => {
      using result = await run('head', ['-c', '600000', '/dev/zero'], { memory: 1000, spillDirectory });
      expect(result.output.stdout).toMatchObject({ size: 600_000, spilled: true });
    }));

  it('leaves neither the reader of a stream nor the child waiting', () =>
    withTinyDisk(async (spillDirectory) => {
      await run('sh', ['-c', 'head -c 1000000 /dev/zero >"$0/filler"', spillDirectory]);
      const script = 'head -c 300000 /dev/zero; echo >&2; read -r line; yes';
      const options = { stdin: 'pipe', memory: 1000, spillDirectory, timeout: '20s' } as const;
      const child = start('sh', ['-c', script], options);
      await child.stderr.lines().next();
      // The reader needs what was captured, which the disk now refuses; the child goes on writing.
      const reading = child.stdout.bytes().catch((e) => e);
      child.stdin.end('\n');
      const error = await child.result.catch((e) => e);
      expect(error).toBeInstanceOf(RunError);
      expect(error.cause?.code).toBe('ENOSPC');
      expect((await reading).message).toMatch(/ENOSPC|no space/);
    }));
});

describe('A spill directory that does not exist', () => {
  const spillDirectory = '/no/such/directory';

  it('ends a child that needs it, and keeps the output', async () => {
    const error = await run('yes', { memory: 1000, spillDirectory }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.cause).toBeInstanceOf(SpillError);
    expect(error.cause.code).toBe('ENOENT');
    expect(error.message).toContain(spillDirectory);
    expect(error.result.output.stdout.size).toBe(1000);
  });

  it('has no effect on output that fits into memory', async () => {
    expect((await run('echo', ['small'], { memory: 1000, spillDirectory })).stdout).toBe('small');
  });
});
