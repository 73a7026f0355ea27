/** What is typed on a child's terminal: sources, keys, lines, and the end. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, start } from '../../../src/index.js';
import { checkForLeaks, scratchDirectory, until } from '../../helpers/leaks.js';
import { Session } from '../../helpers/pty.js';

checkForLeaks();

describe('stdin with pty', () => {
  it.each([
    ['a string', 'pears\napples\n'],
    ['bytes', Buffer.from('pears\napples\n')],
    [
      'a generator',
      (async function* () {
        yield 'pea';
        yield Buffer.from('rs\napples\n');
      })(),
    ],
  ])('from %s is typed and echoed, and then the reader sees the end', async (_name, stdin) => {
    const { stdout } = await run('sort', [], { pty: true, input: stdin });
    expect(stdout).toBe('pears\r\napples\r\napples\r\npears');
  });

  it('is not echoed by a terminal with echo off', async () => {
    const session = new Session('sh', ['-c', 'stty -echo; echo ready; sort']);
    await session.shows(/ready/);
    session.child.stdin.end('pears\napples\n');
    expect((await session.child.result).stdout).toBe('ready\r\napples\r\npears');
  });

  it('from a Readable, which is a file, is typed', async () => {
    const file = join(scratchDirectory(), 'in');
    writeFileSync(file, 'from a file\n');
    const { stdout } = await run('cat', [], { pty: true, stdin: createReadStream(file) });
    expect(stdout).toBe('from a file\r\nfrom a file');
  });

  it.each([
    ['nothing', '', ''],
    ['a line without its newline', 'no newline', 'no newlineno newline'],
    ['an empty line', '\n', '\r\n'],
  ])('that is empty (%s) ends the input of the reader', async (_name, stdin, stdout) => {
    expect((await run('cat', [], { pty: true, input: stdin })).stdout).toBe(stdout);
  });

  it('ends by the key that the terminal has for it', async () => {
    const session = new Session('sh', ['-c', 'stty -echo eof x; echo ready; cat']);
    await session.shows(/ready/);
    session.child.stdin.end('a\n');
    expect((await session.child.result).stdout).toBe('ready\r\na');
  });

  it('is by default a silent keyboard, whose reader the error of a timeout names', async () => {
    const error = await run('cat', [], { pty: true, timeout: '300ms' }).catch((e) => e);
    expect(error.message).toMatch(
      /^cat timed out after .*SIGTERM ended it\nwhat it was waiting for:\n {2}cat.* the terminal is empty /,
    );
    expect(error.message).toMatch(/\nNothing is typed here: its stdin is 'ignore'\.$/);
  });

  it('goes on being typed while its source pauses', async () => {
    const session = new Session('cat', []);
    for (const word of ['one', 'two', 'three']) {
      session.type(`${word}\n`);
      await session.shows(new RegExp(`${word}\r\n${word}\r\n`));
    }
    session.child.stdin.end();
    expect((await session.child.result).ok).toBe(true);
  });

  it('makes the run fail when its source throws', async () => {
    const source = (async function* () {
      yield 'a\n';
      throw new Error('the source broke');
    })();
    await expect(run('cat', [], { pty: true, stdin: source })).rejects.toThrow(/the source broke/);
  });

  it('ends its source when the child exits', async () => {
    let ended = false;
    const source = (async function* () {
      try {
        for (;;) {
          yield 'x\n';
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      } finally {
        ended = true;
      }
    })();
    expect((await run('head', ['-n', '1'], { pty: true, stdin: source })).ok).toBe(true);
    await until(() => ended);
  });
});

describe('Long input that is typed', () => {
  const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index}\n`).join('');

  it('waits for the reader, and loses nothing', async () => {
    const out = join(scratchDirectory(), 'out');
    const session = new Session('sh', ['-c', 'stty -echo; echo ready; sleep 0.2; cat > "$1"', 'sh', out]);
    await session.shows(/ready/);
    session.child.stdin.end(lines);
    await session.child.result;
    expect(readFileSync(out, 'utf8')).toBe(lines);
  });

  it('holds neither this process nor the result when the child does not read it', async () => {
    const session = new Session('sh', ['-c', 'stty -echo raw; echo ready; exec sleep 60']);
    await session.shows(/ready/);
    session.type('x'.repeat(1_000_000));
    let turns = 0;
    await until(() => ++turns > 20);
    await session.child.terminate();
    expect((await session.child.result.catch((e) => e.result)).signal).toBe('SIGTERM');
  });

  it.each([4000, 4095, 4096, 5000, 100_000])(
    'rejects a line of %d bytes, which the kernel would cut',
    async (length) => {
      const out = join(scratchDirectory(), 'out');
      const typed = `${'0123456789'.repeat(10_000).slice(0, length)}\nshort\n${'z'.repeat(length)}`;
      const session = new Session('sh', ['-c', 'stty -echo; echo ready; cat > "$1"', 'sh', out]);
      await session.shows(/ready/);
      session.child.stdin.end(typed);
      await session.child.result;
      expect(digest(readFileSync(out))).toBe(digest(typed));
    },
  );

  it('is cut by the kernel without that check', async () => {
    // Proves the test above: the kernel keeps 4,095 bytes and the newline when all of it comes at once from
    // elsewhere.
    const script = `import os, pty, sys, termios
pid, fd = pty.fork()
if pid == 0:
    sys.stdout.write('ready'); sys.stdout.flush()
    line = os.read(0, 10000)
    os.write(1, b'<%d>' % len(line)); os._exit(0)
modes = termios.tcgetattr(fd); modes[3] &= ~termios.ECHO; termios.tcsetattr(fd, termios.TCSANOW, modes)
shown = b''
while b'ready' not in shown: shown += os.read(fd, 100)
os.write(fd, b'x' * 5000 + b'\\n')
while b'>' not in shown: shown += os.read(fd, 100)
print(shown.decode())`;
    expect((await run('python3', ['-c', script])).stdout).toBe('ready<4096>');
  });

  it('reaches a program that reads byte by byte unchanged', async () => {
    const out = join(scratchDirectory(), 'out');
    const typed = 'y'.repeat(20_000);
    const script = 'stty raw -echo; printf ready; head -c 20000 > "$1"';
    const session = new Session('sh', ['-c', script, 'sh', out]);
    await session.shows(/ready/);
    session.type(typed);
    await session.child.result;
    expect(digest(readFileSync(out))).toBe(digest(typed));
  });
});

describe('A terminal carries the dialogue with', () => {
  it('a password prompt', async () => {
    const script =
      'import getpass\nword = getpass.getpass("Password: ")\nprint("it has", len(word), "letters")';
    const session = new Session('python3', ['-c', script]);
    await session.shows(/Password: $/);
    session.type('secret\n');
    const { stdout } = await session.child.result;
    expect(stdout).toBe('Password: \r\nit has 6 letters');
  });

  it('vim', async () => {
    const file = join(scratchDirectory(), 'note.txt');
    const env = { TERM: 'xterm', VIMINIT: 'set nocp noswapfile viminfo=' };
    const session = new Session('vim', ['-u', 'NONE', file], { env, pty: { columns: 60, rows: 10 } });
    await session.shows(/~/);
    session.type('ihello from afar\x1b');
    await session.shows(/hello from afar/);
    session.type(':wq\r');
    expect((await session.child.result).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('hello from afar\n');
  });

  it('an interactive shell with jobs, Ctrl-C for the one in the foreground, and Ctrl-D', async () => {
    const session = await Session.bash();
    session.type('sleep 61 &\n');
    await session.shows(/\[1\] \d+/);
    const mark = join(scratchDirectory(), 'mark');
    session.type(`sh -c 'trap "exit 7" INT; touch ${mark}; while :; do sleep 0.05; done'; echo status $?\n`);
    await until(() => existsSync(mark));
    session.type('\x03');
    await session.shows(/\^C.*status 7/s);
    expect(session.child.running).toBe(true);
    session.type('jobs -l\n');
    const [, pid] = await session.shows(/\[1\]\+\s+(\d+) Running\s+sleep 61/);
    session.type('kill %1; wait; echo "gone"; exit 4\n');
    const result = await session.child.result.catch((e) => e.result);
    expect(result.exitCode).toBe(4);
    expect(result.stdout).toMatch(/\bgone\b/);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('an interactive shell, which ends at Ctrl-D and at the end of the input', async () => {
    const byKey = await Session.bash();
    byKey.type('\x04');
    expect((await byKey.child.result).exitCode).toBe(0);
    const byEnd = await Session.bash();
    byEnd.child.stdin.end();
    expect((await byEnd.child.result).exitCode).toBe(0);
  });

  it('an interactive shell, whose foreground job Ctrl-Z stops and fg continues', async () => {
    const session = await Session.bash();
    session.type('cat\n');
    await session.shows(/ready> cat\r\n/);
    session.type('echoed once\n');
    await session.shows(/echoed once\r\nechoed once\r\n/);
    session.type('\x1a');
    await session.shows(/Stopped\s+cat/);
    session.type('fg\n');
    await session.shows(/fg\r\ncat\r\n/);
    session.type('echoed again\n');
    await session.shows(/echoed again\r\nechoed again\r\n/);
    session.type('\x04');
    await session.shows(/ready> $/);
    session.type('exit\n');
    expect((await session.child.result).exitCode).toBe(0);
  });

  it('a child that has gone, whose stdin ignores what is written to it', async () => {
    const child = start('true', [], { pty: true, stdin: 'pipe' });
    await child.result;
    child.stdin.write('too late');
    child.stdin.end();
  });
});

function digest(bytes: Buffer | string): string {
  return `${bytes.length} ${createHash('md5').update(bytes).digest('hex')}`;
}
