/** The command's output arrives whole, however slow its reader. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { endOf, MAIN, spillway, startSpillway } from './spillway.js';

checkForLeaks();

const it = sideBySide(3);

const SPILLWAY = `${process.execPath} ${MAIN}`;
/** Five megabytes that are no two times the same. */
const GENERATE = `python3 -c 'import sys; sys.stdout.write("".join("%08d\\n" % i for i in range(555556)))'`;
const EXPECTED = Array.from({ length: 555_556 }, (_, i) => `${String(i).padStart(8, '0')}\n`).join('');

const shell = (script: string) => {
  const child = spawn('bash', ['-c', script], { cwd: scratchDirectory() });
  child.stdin.end();
  return endOf(child);
};
const digest = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('stdout that cannot be written', () => {
  it.each([
    ['--help', 125],
    ['--version', 125],
    ['run --help', 125],
    ['doctor --help', 2],
    ['doctor $$', 2],
    ['doctor --json $$', 2],
  ])('is told by spillway %s, with a status', async (words, expected) => {
    const { status, stderr } = await shell(`${SPILLWAY} ${words} >/dev/full`);
    expect(stderr).toBe('spillway: stdout cannot be written: no space left on device (ENOSPC)\n');
    expect(status).toBe(expected);
  });

  it('because it has no reader any more, ends spillway by SIGPIPE without a word', async () => {
    const { stdout, stderr } = await shell(`${SPILLWAY} run --help | head -0; echo "\${PIPESTATUS[0]}"`);
    expect(stderr).toBe('');
    expect(stdout).toBe('141\n');
  });
});

describe('a message of spillway', () => {
  it('shows what a terminal would act on, and is one line for a wrong option', async () => {
    const hostile = '\x1b]0;title\x07\u202e\x9b31m\r';
    for (const args of [
      ['run', `--no${hostile}`],
      ['run', '--log', `/no/${hostile}\nforged`, 'true'],
      [hostile],
    ]) {
      const { stderr } = await spillway(args);
      expect(stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
      expect(stderr).not.toMatch(/^forged/m);
    }
  });
});

describe('spillway run passes 5 MB through a pipe', () => {
  it.each([
    ['directly', ''],
    ['with --log', '--log log'],
    ['with --idle-timeout', '--idle-timeout 1m'],
  ])('%s', async (_how, options) => {
    const { stdout, stderr } = await shell(`${SPILLWAY} run ${options} -- ${GENERATE} | cat`);
    expect(stderr).toBe('');
    expect(digest(stdout)).toBe(digest(EXPECTED));
    if (options.includes('log')) {
      expect(digest(readFileSync(join(scratchDirectory(), 'log')))).toBe(digest(EXPECTED));
    }
  });

  it('to a slow reader', async () => {
    const script = `${SPILLWAY} run --log log -- ${GENERATE} | python3 -c '
import sys, time, hashlib
digest = hashlib.sha256()
while chunk := sys.stdin.buffer.read(262144):
    digest.update(chunk)
    time.sleep(0.02)
print(digest.hexdigest())'`;
    expect((await shell(script)).stdout.trim()).toBe(digest(EXPECTED));
  });

  it('on both streams at once', async () => {
    const generate = GENERATE.replaceAll("'", `'\\''`);
    const both = `sh -c '{ ${generate}; } & { ${generate}; } >&2; wait'`;
    const { stdout, stderr } = await shell(`${SPILLWAY} run --log log -- ${both}`);
    expect(digest(stdout)).toBe(digest(EXPECTED));
    expect(digest(stderr)).toBe(digest(EXPECTED));
    expect(readFileSync(join(scratchDirectory(), 'log')).length).toBe(2 * EXPECTED.length);
  });

  it('with timestamps, line by line', async () => {
    await shell(`${SPILLWAY} run --quiet --log log --log-timestamps -- ${GENERATE}`);
    const lines = readFileSync(join(scratchDirectory(), 'log'), 'utf8').replace(/^\S{24} out /gm, '');
    expect(digest(lines)).toBe(digest(EXPECTED));
  });

  it('from stdin', async () => {
    const { stdout } = await shell(`${GENERATE} | ${SPILLWAY} run cat | cat`);
    expect(digest(stdout)).toBe(digest(EXPECTED));
  });
});

describe('spillway run, when the reader of its output leaves,', () => {
  it.each([
    ['directly', ''],
    ['with --log', '--log log'],
    ['with --retry', '--retry 3 --retry-delay 10ms'],
  ])('ends the command with 141 and no message, %s', async (_how, options) => {
    const { stdout, stderr } = await shell(
      `${SPILLWAY} run ${options} -- yes | head -n 1; declare -p PIPESTATUS`,
    );
    expect(stdout).toMatch(/^y\n.*\[0\]="141" \[1\]="0"/);
    expect(stderr).toBe('');
  });
});

describe('spillway run, when a reader stands still,', () => {
  const limits = ['--timeout', '1s', '--grace', '300ms'];

  it('of stdout, ends at the timeout', async () => {
    const child = startSpillway(['run', '--idle-timeout', '1m', ...limits, '--', 'yes']);
    // Its stdout is not read before it has gone.
    const [status] = await once(child, 'exit');
    expect(status).toBe(124);
    child.stdout?.resume();
    child.stderr?.resume();
    await once(child, 'close');
  });

  it.each([[['--log', 'pipe']], [['--log', 'pipe', '--log-timestamps']]])(
    'of the log, ends at the timeout: %j',
    async (options) => {
      const cwd = scratchDirectory();
      execFileSync('mkfifo', ['pipe'], { cwd });
      // Opened for both directions, it waits for no other process.
      const reader = spawn('sh', ['-c', 'exec 3<> pipe; echo open; read x'], { cwd });
      await once(reader.stdout, 'data');
      const ended = await spillway(['run', '--quiet', ...options, ...limits, '--', 'yes'], { cwd });
      expect(ended.status).toBe(124);
      expect(ended.stderr).toContain('timed out after');
      reader.stdin.end();
      await once(reader, 'close');
    },
  );
});

describe('spillway run', () => {
  it('leaves inherited pipes blocking, while it runs and afterwards', async () => {
    const flags = `python3 -c '
import fcntl, os
print([bool(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK) for fd in (0, 1, 2)], flush=True)'`;
    const { stdout } = await shell(
      `sleep 0 | {
         ${SPILLWAY} run --log log -- echo x; ${flags}; ${SPILLWAY} run -- true; ${flags}
       } 2>&1 | cat`,
    );
    expect(stdout).toBe('x\n[False, False, False]\n[False, False, False]\n');
  });

  it('gives the command its own file as stdout, at the offset where it stood', () => {
    const script = `{
      echo before; ${SPILLWAY} run -- echo middle; ${SPILLWAY} run --log log -- echo piped; echo after
    } > out; cat out`;
    const { stdout } = spawnSync('bash', ['-c', script], { cwd: scratchDirectory(), encoding: 'utf8' });
    expect(stdout).toBe('before\nmiddle\npiped\nafter\n');
  });

  it('works with closed standard streams', () => {
    for (const closed of ['0<&-', '1>&-', '2>&-', '0<&- 1>&- 2>&-']) {
      execFileSync('bash', ['-c', `${SPILLWAY} run --log log -- sh -c 'echo x' ${closed}; test $? = 0`], {
        cwd: scratchDirectory(),
      });
    }
  });
});
