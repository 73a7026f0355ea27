/** The rules of Windows, as far as they need no Windows: programs, cmd.exe's line, variables, taskkill. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childEnvironment } from '../../src/process/start/environment.js';
import { codeAndText } from '../../src/system/libc/errno.js';
import {
  type CmdCall,
  callOfBatchFile,
  endTree,
  findOnWindows,
  quoted,
} from '../../src/system/windows/index.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';

checkForLeaks();

const EXTENSIONS = '.COM;.EXE;.BAT;.CMD';

describe('A name on Windows is the file', () => {
  const files = [
    'C:\\Windows\\find.exe',
    'C:\\npm\\npm.cmd',
    'C:\\npm\\npm',
    'C:\\b\\npm.exe',
    'D:\\a.b\\x.y.bat',
  ];
  const isFile = (candidate: string) => files.some((file) => file.toLowerCase() === candidate.toLowerCase());
  const find = (file: string, path: string, extensions: string | undefined = EXTENSIONS) =>
    findOnWindows(file, { path, extensions }, isFile)?.toLowerCase();

  it.each([
    ['npm', 'C:\\npm;C:\\b', 'c:\\npm\\npm.cmd'],
    ['npm', 'C:\\b;C:\\npm', 'c:\\b\\npm.exe'],
    ['npm.cmd', 'C:\\b;C:\\npm', 'c:\\npm\\npm.cmd'],
    ['NPM', '"C:\\npm";', 'c:\\npm\\npm.cmd'],
    ['find', 'C:\\none;C:\\Windows\\', 'c:\\windows\\find.exe'],
    ['C:\\npm\\npm', '', 'c:\\npm\\npm.cmd'],
    ['D:/a.b/x.y', '', 'd:\\a.b\\x.y.bat'],
    ['absent', 'C:\\npm', undefined],
    // Not in the current directory, whatever PATH says of it.
    ['npm', '.;;npm', undefined],
  ])('%s in %s: %s', (file, path, found) => {
    expect(find(file, path)).toBe(found);
  });

  it('by the order of PATHEXT, and by its default without it', () => {
    const both = (extensions: string | undefined) =>
      findOnWindows('x', { path: 'C:\\', extensions }, (one) => /\.(?:cmd|exe)$/i.test(one));
    expect(both('.CMD;.EXE')).toBe('C:\\x.CMD');
    expect(both(undefined)).toBe('C:\\x.EXE');
  });
});

/** What cmd.exe makes of a line without open quotes: each `^` stands for the character behind it. */
function afterCmd(line: string): string {
  let rest = '';
  for (let i = 0; i < line.length; i++) {
    const character = line[i] as string;
    if (character === '^') rest += line[++i] ?? '';
    // A space between two words separates them; all else of cmd.exe's would have a meaning here.
    else if (/[()%!"<>&|;,*?]/.test(character)) throw new Error(`cmd.exe acts on ${character} in ${line}`);
    else rest += character;
  }
  return rest;
}

/** The words that a C program gets (Microsoft's rules: 2n backslashes before a quotation mark are n). */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    const [backslashes = ''] = /^\\*/.exec(line.slice(i)) ?? [];
    const next = line[i + backslashes.length];
    if (backslashes !== '' && next === '"') {
      word = (word ?? '') + '\\'.repeat(Math.floor(backslashes.length / 2));
      i += backslashes.length;
      if (backslashes.length % 2 === 1) word += '"';
      else isQuoted = !isQuoted;
    } else if (line[i] === '"') {
      word ??= '';
      isQuoted = !isQuoted;
    } else if (line[i] === ' ' && !isQuoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + line[i];
  }
  return word === undefined ? words : [...words, word];
}

describe('A batch file on Windows', () => {
  const shell = 'C:\\Windows\\System32\\cmd.exe';
  const word = fc.string({ unit: fc.constantFrom(...'ab \\"\'&|<>^%!()*?;,[]{}`$=:/-é') });

  /** Every file is there. */
  const call = (path: string, args: readonly string[]) =>
    callOfBatchFile(path, args, { path: '', extensions: EXTENSIONS }, shell, () => true);

  it('gets the words that were given, by one line for cmd.exe', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (args) => {
        const made = call('C:\\some tools\\a&b.cmd', args);
        if (made && 'reason' in made) {
          expect(args.some((one) => one.includes('"') && /[&|<>^()]/.test(one))).toBe(true);
          return;
        }
        const { path, argv } = made as CmdCall;
        expect([path, argv.slice(0, 4)]).toEqual([shell, [shell, '/d', '/s', '/c']]);
        const line = argv[4] as string;
        expect([line.at(0), line.at(-1)]).toEqual(['"', '"']);
        const seen = afterCmd(line.slice(1, -1));
        expect(seen.startsWith('C:\\some tools\\a&b.cmd')).toBe(true);
        expect(wordsOf(seen.slice('C:\\some tools\\a&b.cmd'.length))).toEqual(args);
      }),
      { numRuns: 2000 },
    );
  });

  it('of npm, which passes its words on, is escaped for both readings', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (args) => {
        const path = 'C:\\app\\node_modules\\.bin\\tool.cmd';
        const line = (call(path, args) as CmdCall).argv[4] as string;
        const first = afterCmd(line.slice(1, -1));
        expect(first.startsWith(path)).toBe(true);
        // The second reading is of the words alone, in the shim's last line.
        expect(wordsOf(afterCmd(first.slice(path.length)))).toEqual(args);
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused words that it would take for commands, and lines that cmd.exe would cut', () => {
    expect(call('C:\\x.cmd', ['a\nb'])).toMatchObject({
      code: 'EINVAL',
      reason: /argument 1 has a line break/,
    });
    expect(call('C:\\x.bat', ['ok', '"&calc'])).toMatchObject({
      code: 'EINVAL',
      reason: /argument 2 has a quo/,
    });
    expect(call('C:\\x.cmd', ['{"a":1}'])).toMatchObject({ path: shell });
    expect(call('C:\\x.cmd', ['x'.repeat(9000)])).toMatchObject({ code: 'E2BIG', reason: /8191 characters/ });
  });

  it('alone goes through cmd.exe', () => {
    expect(call('C:\\x.exe', ['"&calc'])).toBeUndefined();
    expect(callOfBatchFile('x', [], { path: '', extensions: undefined }, shell)).toBeUndefined();
  });

  it('ends a quoted word with twice its backslashes', () => {
    expect(['', 'a b', 'a\\', 'a\\"b', '\\\\'].map(quoted)).toEqual([
      '""',
      '"a b"',
      '"a\\\\"',
      '"a\\\\\\"b"',
      '"\\\\\\\\"',
    ]);
  });
});

describe('Variables where case does not count', () => {
  const name = `Spill_${process.pid}_Case`;
  const given = (changes: Record<string, string | undefined>, ignoresCase: boolean) =>
    (childEnvironment(changes, true, ignoresCase).lines ?? []).filter((line) =>
      /^spill_.*_case=/i.test(line),
    );

  it('are removed and replaced under any spelling', () => {
    process.env[name] = 'old';
    try {
      expect(given({ [name.toUpperCase()]: undefined }, true)).toEqual([]);
      expect(given({ [name.toLowerCase()]: 'new' }, true)).toEqual([`${name.toLowerCase()}=new`]);
      expect(given({ [name]: 'first', [name.toLowerCase()]: 'last' }, true)).toHaveLength(1);
      expect(given({ [name.toLowerCase()]: 'new' }, false)).toHaveLength(2);
    } finally {
      delete process.env[name];
    }
  });

  it('give the PATH that is written Path', () => {
    expect(childEnvironment({ Path: 'C:\\tools' }, false, true).path).toBe('C:\\tools');
    expect(childEnvironment({ Path: 'C:\\tools' }, false, false).path).toBeUndefined();
  });
});

describe('taskkill', () => {
  /** A program in its place. */
  const standIn = (script: string) => {
    const path = join(scratchDirectory(), 'taskkill');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it.each([
    ['fails', 'exit 1'],
    ['is ended itself', 'kill -9 $$'],
    ['is missing', undefined],
  ])('that %s leaves the child itself to be ended', async (_, script) => {
    const child = spawn('sleep', ['60']);
    const exited = once(child, 'exit');
    const path = script === undefined ? join(scratchDirectory(), 'absent') : standIn(script);
    endTree(child.pid as number, () => false, path);
    expect(await exited).toEqual([null, 'SIGKILL']);
  });

  it('that fails for a child that has ended signals no other process', async () => {
    const child = spawn('sleep', ['60']);
    let asked = false;
    endTree(
      child.pid as number,
      () => {
        asked = true;
        return true;
      },
      standIn('exit 128'),
    );
    await until(() => asked);
    expect(isAlive(child.pid as number)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('gets the pid, the tree and force', async () => {
    const child = spawn('sleep', ['60']);
    const exited = once(child, 'exit');
    endTree(child.pid as number, () => false, standIn('[ "$1 $3 $4" = "/pid /T /F" ] && exec kill "$2"'));
    expect(await exited).toEqual([null, 'SIGTERM']);
  });
});

describe('An error of a number that is not of C', () => {
  it('has its name, as libuv has it', () => {
    // On Windows every number is one of libuv's; here it has those of end of file and of look-ups.
    expect(codeAndText(4095)).toEqual({ code: 'EOF', text: 'end of file' });
    expect(codeAndText(2)).toEqual({ code: 'ENOENT', text: 'no such file or directory' });
    expect(codeAndText(999_999)).toEqual({ code: 'E999999', text: 'unknown error' });
  });
});
