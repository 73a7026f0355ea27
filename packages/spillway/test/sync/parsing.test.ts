/** rsync's language: what it prints, and the options that callers add. */
import { describe, expect, it } from 'vitest';
import { baseOf, parseAddress, readSettings } from '../../src/sync/options/index.js';
import { Tally } from '../../src/sync/parts/index.js';
import {
  meaningOf,
  mostAttempts,
  nameOf,
  parseComplaint,
  parseItem,
  parseProgress,
  RsyncOutput,
  type RsyncProgress,
} from '../../src/sync/rsync/index.js';

describe('A name that rsync prints', () => {
  it.each([
    ['plain name', 'plain name'],
    ['a\\#012b', 'a\nb'],
    ['\\#303\\#251t\\#303\\#251', 'été'],
    ['\\#377', '\udcff'],
    ['lit\\#134#012x', 'lit\\#012x'],
    ['back\\slash', 'back\\slash'],
  ])('%s stands for exactly one name', (printed, name) => {
    expect(nameOf(printed)).toBe(name);
  });
});

describe('A line of progress', () => {
  it('has bytes, percentage, rate, time left, and the files that were transferred', () => {
    expect(parseProgress('      200000015  99%  564.21MB/s    0:01:40 (xfr#4, to-chk=5/11)')).toEqual({
      bytes: 200_000_015,
      percent: 99,
      bytesPerSecond: Math.round(564.21 * 1024 * 1024),
      secondsLeft: 100,
      files: 4,
      toCheck: 5,
      entries: 11,
    });
  });

  it('within a file has no counts; and nothing else is one', () => {
    expect(parseProgress('          32768   0%    0.00kB/s    0:00:00  ')?.files).toBeUndefined();
    for (const line of ['1234', ' 12 files...', '  1  50%', '', '123 45% of a name'])
      expect(parseProgress(line)).toBeUndefined();
  });

  it('is told when it comes: rsync ends it when the next one begins', async () => {
    const told: RsyncProgress[] = [];
    const names: string[] = [];
    const output = new RsyncOutput({
      progress: (progress) => told.push(progress),
      item: ({ name }) => {
        names.push(name);
        return undefined;
      },
      listed: () => {},
      skipped: () => {},
    });
    await output.push('>f+++++++++|9|a b\n\r   5  10%  1.00kB/s');
    expect(told).toEqual([]);
    await output.push('    0:00:09  ');
    expect(told.map(({ bytes }) => bytes)).toEqual([5]);
    await output.push('\r   50  100%  1.00kB/s    0:00:00 (xfr#1, to-chk=0/1)\n>f+++++++++|9|c\n');
    expect(told.map(({ bytes }) => bytes)).toEqual([5, 50]);
    expect(names).toEqual(['a b', 'c']);
  });
});

describe('An itemized line', () => {
  it.each([
    [
      '>f+++++++++|12|sub/a|b',
      { change: 'created', kind: 'file', isTransferred: true, bytes: 12, name: 'sub/a|b' },
    ],
    ['<f.st......|7|x', { change: 'updated', kind: 'file', isTransferred: true, bytes: 7, name: 'x' }],
    [
      'cd+++++++++|4096|sub/',
      { change: 'created', kind: 'folder', isTransferred: false, bytes: 4096, name: 'sub' },
    ],
    [
      '.d..t......|4096|./',
      { change: 'attributes', kind: 'folder', isTransferred: false, bytes: 4096, name: '.' },
    ],
    ['.f         |5|same', { change: 'none', kind: 'file', isTransferred: false, bytes: 5, name: 'same' }],
    ['cL+++++++++|4|link', { change: 'created', kind: 'link', isTransferred: false, bytes: 4, name: 'link' }],
    [
      '*deleting  |0|old/',
      { change: 'deleted', kind: 'folder', isTransferred: false, bytes: 0, name: 'old' },
    ],
  ])('%s', (line, item) => {
    expect(parseItem(line)).toEqual(item);
  });

  it('is no other line', () => {
    for (const line of ['a|b|c', 'created directory d2', '|||', 'some text | with | bars'])
      expect(parseItem(line)).toBeUndefined();
  });
});

describe('A complaint', () => {
  it.each([
    [
      'rsync: [sender] send_files failed to open "/a/b\\#012c": Permission denied (13)',
      {
        kind: 'failed',
        path: '/a/b\nc',
        reason: 'send_files failed to open: Permission denied',
        code: 'EACCES',
      },
    ],
    [
      'rsync: [receiver] write failed on "/d/x": No space left on device (28)',
      { kind: 'failed', path: '/d/x', reason: 'write failed on: No space left on device', code: 'ENOSPC' },
    ],
    [
      'rsync: [sender] link_stat "/no" failed: No such file or directory (2)',
      { kind: 'failed', path: '/no', reason: 'link_stat: No such file or directory', code: 'ENOENT' },
    ],
    ['file has vanished: "/a/gone"', { kind: 'vanished', path: '/a/gone' }],
    [
      'skipping non-regular file "pipe"',
      { kind: 'skipped', path: 'pipe', reason: 'skipping non-regular file' },
    ],
    [
      'rsync error: some files (code 23) at main.c(1)',
      { kind: 'verdict', text: 'some files (code 23) at main.c(1)' },
    ],
    ['spillway-guard: ready', { kind: 'guard', word: 'ready' }],
    ['Host key verification failed.', { kind: 'other', text: 'Host key verification failed.' }],
  ])('%s', (line, complaint) => {
    expect(parseComplaint(line)).toEqual(complaint);
  });
});

describe('An exit code', () => {
  it('says whether another attempt can help', () => {
    const most = (code: number) => mostAttempts(meaningOf(code).policy, 5);
    expect([0, 24].map((code) => meaningOf(code).policy)).toEqual(['done', 'warning']);
    expect([1, 2, 4, 25].map(most)).toEqual([1, 1, 1, 1]);
    expect([3, 5, 11, 13, 14, 22].map(most)).toEqual([3, 3, 3, 3, 3, 3]);
    expect(most(23)).toBe(2);
    expect([10, 12, 30, 35, 255, 137].map(most)).toEqual([6, 6, 6, 6, 6, 6]);
  });
});

describe('An address', () => {
  it.each([
    ['a/b', 'local', 'a/b'],
    ['./a:b', 'local', './a:b'],
    ['/a:b/c', 'local', '/a:b/c'],
    ['host:a b', 'shell', 'a b'],
    ['me@host:', 'shell', ''],
    ['[::1]:/x', 'shell', '/x'],
    ['host::mod/x', 'daemon', 'mod/x'],
    ['rsync://me@host:99/mod/x', 'daemon', 'mod/x'],
  ])('%s is %s', (text, kind, path) => {
    expect(parseAddress('source', text)).toMatchObject({ kind, path, text });
  });

  it.each([
    ['a/b/', 'a/b/'],
    ['a/b', 'a/'],
    ['b', './'],
    ['/b', '/'],
    ['a/..', 'a/..'],
    ['host:b', 'host:./'],
    ['host:', 'host:'],
    ['me@[::1]:/x/y', 'me@[::1]:/x/'],
    ['host::mod/x', 'host::mod/'],
    ['rsync://host:99/mod/x', 'rsync://host:99/mod/'],
  ])('%s has names relative to %s', (text, base) => {
    expect(baseOf(parseAddress('source', text))).toBe(base);
  });

  it('that a remote shell would take for an option is refused', () => {
    for (const text of ['-oProxyCommand=x:/y', '-x@host:/y', 'me@-host:/y', ''])
      expect(() => parseAddress('source', text), text).toThrow(/source/);
  });
});

describe('Options for rsync itself', () => {
  const read = (...rsync: string[]) => readSettings('a', 'b', { rsync }).extras;

  it('are handed on, but for the remote shell and the far program', () => {
    const extras = read('-H', '-e', 'ssh -p 1', '--rsync-path=/opt/rsync', '--chmod', 'D755', '-zx');
    expect(extras.words).toEqual(['-H', '--chmod', 'D755', '-zx']);
    expect(extras).toMatchObject({ remoteShell: 'ssh -p 1', farProgram: '/opt/rsync', narrows: true });
    expect(read('-essh', '--inplace')).toMatchObject({ remoteShell: 'ssh', inPlace: true });
  });

  it.each([
    [['source']],
    [['--server']],
    [['--out-format=%n']],
    [['-avP']],
    [['--dry-run']],
    [['--delete-after']],
    [['--']],
    [['-e']],
    [['']],
  ])('%j is refused', (words) => {
    expect(() => read(...words)).toThrow(/rsync/);
  });
});

describe('Options of sync', () => {
  it.each([
    [{ jobs: 0 }],
    [{ retries: -1 }],
    [{ stall: '5' }],
    [{ stall: '500ms' }],
    [{ bwlimit: 'fast' }],
    [{ dryRun: true, move: true }],
    [{ unknown: 1 }],
    [{ filter: [''] }],
  ])('%j are refused', (options) => {
    expect(() => readSettings('a', 'b', options as object)).toThrow(
      /jobs|retries|stall|bwlimit|dryRun|unknown|filter/,
    );
  });

  it('refuses two remote ends, and sources on two machines', () => {
    expect(() => readSettings('a:x', 'b:y', {})).toThrow(/both remote/);
    expect(() => readSettings(['a:x', 'b:y'], 'z', {})).toThrow(/same machine/);
  });
});

describe('The fingerprint of a list', () => {
  it('is the same in any order, and another for other names', () => {
    const of = (...names: string[]) => {
      const tally = new Tally();
      for (const name of names) tally.add(name, 1);
      return tally;
    };
    const [ab, c] = [of('b', 'a'), of('c')];
    ab.addAll(c);
    expect(ab.hash).toBe(of('a', 'c', 'b').hash);
    expect(of('a', 'b').hash).not.toBe(of('a', 'c').hash);
    expect(of('a').hash).not.toBe(of('a', 'a').hash);
  });
});
