import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { columnsOf, safe, safeName } from '../../src/base/index.js';
import { type Finding, judge, type ProcessRef, parseSnapshots } from '../../src/doctor/index.js';
import { describeFinding, whoInFull } from '../../src/doctor/wording/index.js';

const recorded = (name: string): Finding =>
  judge(parseSnapshots(readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), 'utf8')))
    .findings[0] as Finding;

describe('The name that a process gives itself', () => {
  it.each([
    ['plain', 'plain'],
    ['żółw 漢字 🐢', 'żółw 漢字 🐢'],
    ['two\nlines', 'two\\nlines'],
    ['\x1b[2Jclear', '\\x1b[2Jclear'],
    ['\x9b31m', '\\x9b31m'],
    ['bell\x07 del\x7f nul\0', 'bell\\x07 del\\x7f nul\\x00'],
    ['\u202etxt.exe', '\\u202etxt.exe'],
    ['zero\u200bwidth', 'zero\\u200bwidth'],
    ['line\u2028separator', 'line\\u2028separator'],
    ['\ud800', '\\ud800'],
    ['a\\x1b', 'a\\\\x1b'],
  ])('is shown, and has no effect on the terminal: %j', (text, shown) => {
    expect(safe(text)).toBe(shown);
  });

  it('cannot show another pid', () => {
    expect(safeName('init[1]')).toBe('init\\x5b1\\x5d');
  });
});

describe('A process in a list', () => {
  it.each([
    ['python3 /srv/build.py --all', 'python3[7] build.py'],
    ['git push origin', 'git[7] push'],
    ['java -cp . Main serve', 'java[7] -cp . Main serve'],
    ['java -jar /opt/app/server.jar', 'java[7] -jar server.jar'],
    ['ssh -p 22022 host uptime', 'ssh[7] -p 22022 host uptime'],
    ['curl https://example.org/a/b', 'curl[7] https://example.org/a/b'],
    ['rsync src/', 'rsync[7] src/'],
    ['sh -c ls', 'sh[7]'],
    ['cat', 'cat[7]'],
  ])('has its first words: %s', (command, shown) => {
    expect(whoInFull(processOf(command.split(' ')))).toBe(shown);
  });

  it('has the first words of an argument that has several, and room for the line', () => {
    const script = 'for file in /var/log/a /var/log/b; do cat "$file"; done';
    expect(whoInFull(processOf(['bash', '-lc', script]))).toBe('bash[7] -lc for file in /var/log/a /v…');
    expect(whoInFull(processOf(['ssh', 'cd /srv/app; make all test/unit']))).toBe(
      'ssh[7] cd /srv/app; make all test/un…',
    );
    expect(whoInFull(processOf(['cat', 'one\ntwo']))).toBe('cat[7] one\\ntwo');
  });

  function processOf(command: readonly string[]): ProcessRef {
    return { pid: 7, name: command[0] as string, command, state: 'S', isInTree: true };
  }
});

describe('A finding in words', () => {
  const unread = recorded('unread-output');
  const withWrite = (more: object): Finding => ({
    ...unread,
    waits: unread.waits.map((wait) => (wait.action === 'write' ? { ...wait, ...more } : wait)),
  });

  it.each([
    [{}, 'A pipe holds 64 KiB; '],
    [{ capacity: 1_048_576 }, 'This pipe holds 1024 KiB; '],
    [{ capacity: 4096 }, 'This pipe holds 4 KiB; '],
    [{ on: 'socket:[17]', capacity: undefined }, 'A socket holds some hundred KiB; '],
    [{ on: 'terminal:3', capacity: undefined }, 'A terminal holds a few KiB; '],
  ])('has the room of a queue: %j', (more, said) => {
    expect(describeFinding(withWrite(more))).toContain(said);
    const { waits } = withWrite(more);
    const [write] = waits.filter(({ action }) => action === 'write');
    const unheard = { ...unread, kind: 'never-drains', waits: [write] } as Finding;
    expect(describeFinding(unheard)).toContain(said);
  });

  it('keeps its columns when letters are two columns wide', () => {
    const wide = { ...unread.waits[0], process: { ...unread.waits[0]?.process, name: '漢字漢字漢字' } };
    const text = describeFinding({ ...unread, waits: [wide, ...unread.waits.slice(1)] } as Finding);
    const lines = text
      .split('\n')
      .filter((line) => /^ {2}.*(?:waits for|cannot write|only reader)/.test(line));
    const starts = lines.map((line) =>
      columnsOf(line.slice(0, line.search(/waits for|cannot write|only reader/))),
    );
    expect(starts).toHaveLength(3);
    expect(new Set(starts).size).toBe(1);
  });

  it('tells one from several', () => {
    const held = recorded('held-open');
    const [other] = held.others as [Finding['others'][number]];
    const { pid } = other.process;
    expect(describeFinding(held)).toContain(`It continues when ${pid} ends or closes it.   Now: kill ${pid}`);
    expect(describeFinding({ ...held, others: [other, other] })).toContain(
      `It continues when ${pid} and ${pid} have ended or closed it.   Now: kill ${pid} ${pid}`,
    );
    const slow = recorded('slow-reader');
    expect(slow.kind).toBe('back-pressure');
    expect(describeFinding(slow)).toMatch(/waits until \S+ reads on\./);
    const [wait] = slow.waits as [Finding['waits'][number]];
    const several = { ...slow, waits: [{ ...wait, awaited: [...wait.awaited, ...wait.awaited] }] };
    expect(describeFinding(several)).toMatch(/waits until one of \S+ and \S+ reads on\./);
  });
});
