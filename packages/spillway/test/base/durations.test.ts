/** Durations and commands, as they are read and shown. */
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/base/duration.js';
import { run } from '../../src/index.js';
import { formatCommand } from '../../src/run/command-line.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

describe('parseDuration()', () => {
  it.each([
    [0, 0],
    [1.5, 1.5],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1h 30m 5s', 5_405_000],
    [' 2 s ', 2000],
    ['1.5d', 129_600_000],
    ['0.5s', 500],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    ' ',
    '5',
    's',
    '-5s',
    '5x',
    '5s!',
    '1e3s',
    '5 minutes',
    'NaN',
    '.s',
    '5..5s',
    -1,
    Number.NaN,
    null,
    {},
    5n,
    true,
  ])('returns undefined for %s', (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });
});

describe('formatDuration()', () => {
  it.each([
    [0, '0 ms'],
    [0.4, '0 ms'],
    [250, '250 ms'],
    [999.4, '999 ms'],
    [999.9, '1 s'],
    [1500, '1.5 s'],
    [9999, '10 s'],
    [59_990, '1 min'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [119_900, '2 min'],
    [3_600_000, '1 h'],
    [3_599_900, '1 h'],
    [5_400_000, '1 h 30 min'],
    [Number.POSITIVE_INFINITY, 'for ever'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatCommand()', () => {
  it.each([
    ['git', ['ls-files', '--cached'], 'git ls-files --cached'],
    ['sh', ['-c', 'echo "$HOME" | wc'], `sh -c 'echo "$HOME" | wc'`],
    ['echo', ["it's"], "echo 'it'\\''s'"],
    ['echo', ['', ' '], "echo '' ' '"],
    ['echo', ['ä'], "echo 'ä'"],
    ['echo', ['*', '~x', 'a=b'], "echo '*' '~x' a=b"],
  ])('quotes %s %j for a shell', (file, args, text) => {
    expect(formatCommand(file, args)).toBe(text);
  });

  it('escapes control characters', () => {
    const shown = formatCommand('printf', ['a\nb\tc\x1b[31m\x7f\x9b']);
    expect(shown).not.toMatch(/\p{Cc}/u);
    expect(shown).toContain('\\n');
  });

  it('cuts what is very long, and counts the arguments', () => {
    const shown = formatCommand('echo', Array(5000).fill('argument'));
    expect(shown.length).toBeLessThan(500);
    expect(shown).toMatch(/… \(5000 arguments\)$/);
  });

  const words = [
    'plain',
    'two words',
    "it's",
    '"quoted"',
    '$HOME `id` \\',
    '*',
    '~',
    '#x',
    '!x',
    'a;b',
    'new\nline',
    "tab\tand 'quote'",
    '\x1b[0m',
    'back\\slash\n',
    'ä\u0001',
    '',
  ];

  it('writes what bash reads as the same words', async () => {
    const command = formatCommand('printf', ['%s\\0', ...words]);
    const { stdout } = await run('bash', ['-c', command]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(words);
  });
});
