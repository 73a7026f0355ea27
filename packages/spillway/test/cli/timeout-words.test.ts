/** The words of timeout(1): durations, signals, options, and how a word is quoted in a message. */
import { describe, expect, it } from 'vitest';
import { parseInherited } from '../../src/cli/inherited.js';
import { parseSeconds } from '../../src/cli/timeout/duration.js';
import { parseTimeoutOptions, TimeoutUsageError } from '../../src/cli/timeout/options.js';
import { quoteWord } from '../../src/cli/timeout/quote.js';
import { parseSignal, signalName } from '../../src/cli/timeout/signal-spec.js';

describe('parseSeconds()', () => {
  it.each([
    ['0', 0],
    ['10', 10],
    ['10s', 10],
    ['2m', 120],
    ['1.5h', 5400],
    ['1d', 86_400],
    ['.5', 0.5],
    ['5.', 5],
    ['5.m', 300],
    ['+1', 1],
    [' \t\n1', 1],
    ['1e3', 1000],
    ['1E-1s', 0.1],
    ['2.34e+5d', 2.34e5 * 86_400],
    ['0x10', 16],
    ['0X1p-3', 0.125],
    ['0x.8', 0.5],
    ['0x1.8p1m', 180],
    // A hexadecimal digit, not a day.
    ['0x1d', 29],
    ['0x20000000000000000', 2 ** 65],
    ['inf', Number.POSITIVE_INFINITY],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['infs', Number.POSITIVE_INFINITY],
    ['1e5000', Number.POSITIVE_INFINITY],
    ['0x1p99999', Number.POSITIVE_INFINITY],
    ['9223372036854775808d', 2 ** 63 * 86_400],
    ['-0', 0],
    ['0e99', 0],
    ['0x0', 0],
  ])('reads %j as %d seconds', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  it.each(['1e-10000', '1e-10000d', '0x1p-99999', '0.0001e-9999'])('reads %s as more than 0', (text) => {
    expect(parseSeconds(text)).toBeGreaterThan(0);
  });

  it.each([
    '',
    ' ',
    'x',
    's',
    '.',
    '42D',
    '10€',
    '1ss',
    '1sm',
    '1 ',
    '1 s',
    '1_0',
    '1,5',
    '1e',
    '1e+',
    '0x',
    '0xg',
    '0x1p',
    '.5.',
    'nan',
    'NaN(1)',
    '-1',
    ' -0.1',
    '-inf',
    '-1e-10000',
    '--1',
    '٣',
  ])('returns undefined for %j', (text) => {
    expect(parseSeconds(text)).toBeUndefined();
  });
});

describe('parseSignal()', () => {
  it.each([
    ['TERM', 15],
    ['sigterm', 15],
    ['SiGhUp', 1],
    ['15', 15],
    ['015', 15],
    ['SIG15', 15],
    ['0', 0],
    ['EXIT', 0],
    ['143', 15],
    ['271', 15],
    ['KILL', 9],
    ['CLD', 17],
    ['IOT', 6],
    ['POLL', 29],
    ['io', 29],
    ['RTMIN', 34],
    ['RTMIN+2', 36],
    ['sigrtmin5', 39],
    ['RTMAX', 64],
    ['rtmax-3', 61],
    ['RTMAX-30', 34],
    ['64', 64],
  ])('reads %s as %d', (text, number) => {
    expect(parseSignal(text)).toBe(number);
  });

  it.each([
    '',
    'FOO',
    'SIG',
    'SIGSIGTERM',
    ' 9',
    '9 ',
    '+9',
    '-1',
    '0x9',
    '15x',
    '32',
    '33',
    '65',
    '127',
    '255',
    '99999999999999999999',
    'RTMIN-1',
    'RTMIN+31',
    'RTMIN+',
    'RTMAX+1',
    'RTMAX-31',
    'constructor',
  ])('returns undefined for %j', (text) => {
    expect(parseSignal(text)).toBeUndefined();
  });

  it.each([
    [0, '0'],
    [6, 'ABRT'],
    [15, 'TERM'],
    [17, 'CHLD'],
    [29, 'POLL'],
    [34, 'RTMIN'],
    [49, 'RTMIN+15'],
    [50, 'RTMAX-14'],
    [64, 'RTMAX'],
    [32, undefined],
    [65, undefined],
  ])('is reversed by signalName(), which calls %d %s', (number, name) => {
    expect(signalName(number)).toBe(name);
  });
});

const DEFAULTS = {
  kind: 'run',
  seconds: 1,
  killAfterSeconds: 0,
  signal: 15,
  foreground: false,
  preserveStatus: false,
  verbose: false,
};

describe('parseTimeoutOptions()', () => {
  it.each([
    ['1 cmd', {}, 1],
    ['-- 1 cmd', {}, 2],
    ['1 cmd -v --help', {}, 1],
    ['1 -v cmd', {}, 1],
    ['-k1 1 cmd', { killAfterSeconds: 1 }, 2],
    ['-k 2m 1 cmd', { killAfterSeconds: 120 }, 3],
    ['-s0 1 cmd', { signal: 0 }, 2],
    ['-sint 1 cmd', { signal: 2 }, 2],
    ['-fpv 1 cmd', { foreground: true, preserveStatus: true, verbose: true }, 2],
    ['-vk1 1 cmd', { verbose: true, killAfterSeconds: 1 }, 2],
    ['-vsKILL -k.5 1 cmd', { verbose: true, signal: 9, killAfterSeconds: 0.5 }, 3],
    ['--foreground --verbose 1 cmd', { foreground: true, verbose: true }, 3],
    ['--f --p --verb 1 cmd', { foreground: true, preserveStatus: true, verbose: true }, 4],
    ['--kill-after=3 1 cmd', { killAfterSeconds: 3 }, 2],
    ['--k=3 1 cmd', { killAfterSeconds: 3 }, 2],
    ['--kill 3 1 cmd', { killAfterSeconds: 3 }, 3],
    ['--sig=9 --s hup 1 cmd', { signal: 1 }, 4],
  ])('reads %s', (line, settings, commandAt) => {
    expect(parseTimeoutOptions(line.split(' '))).toEqual({ ...DEFAULTS, ...settings, commandAt });
  });

  it.each([
    ['--help', 'help'],
    ['--h', 'help'],
    ['--version 1', 'version'],
    ['-v --vers -x', 'version'],
  ])('reads %s as a request for %s', (line, kind) => {
    expect(parseTimeoutOptions(line.split(' '))).toEqual({ kind });
  });

  it.each([
    ['1', '', undefined],
    ['-', '', undefined],
    ['--', '', undefined],
    ['-v', '', undefined],
    ['-x 1 cmd', "invalid option -- 'x'", undefined],
    ['-vx 1 cmd', "invalid option -- 'x'", undefined],
    ['-1 cmd', "invalid option -- '1'", undefined],
    ['-k', "option requires an argument -- 'k'", undefined],
    ['-vs', "option requires an argument -- 's'", undefined],
    ['--kill', "option '--kill-after' requires an argument", undefined],
    ['--p=3 1 cmd', "option '--preserve-status' doesn't allow an argument", undefined],
    ['--help=3', "option '--help' doesn't allow an argument", undefined],
    ['--nope=3 1 cmd', "unrecognized option '--nope=3'", undefined],
    ['--ve=3 1 cmd', "option '--ve=3' is ambiguous; possibilities: '--verbose' '--version'", undefined],
    ['10€ cmd', 'invalid time interval %s', '10€'],
    ['-k x -x 1 cmd', 'invalid time interval %s', 'x'],
    ['-kx --help', 'invalid time interval %s', 'x'],
    ['--kill-after= 1 cmd', 'invalid time interval %s', ''],
    ['-s FOO 1 cmd', '%s: invalid signal', 'FOO'],
    ['-sFOO x cmd', '%s: invalid signal', 'FOO'],
  ])('refuses %s', (line, message, quoted) => {
    const parse = () => parseTimeoutOptions(line.split(' '));
    expect(parse).toThrow(TimeoutUsageError);
    expect(parse).toThrow(expect.objectContaining({ message, quoted }));
  });
});

describe('quoteWord()', () => {
  it.each([
    ['sleep', '‘sleep’', "'sleep'"],
    ['', '‘’', "''"],
    ["it's", "‘it's’", "'it\\'s'"],
    ['a’b', '‘a\\’b’', "'a\\342\\200\\231b'"],
    ['10€', '‘10€’', "'10\\342\\202\\254'"],
    ['a\n b"\\', '‘a\\n b"\\\\’', "'a\\n b\"\\\\'"],
    ['\x01\x1b\x7f', '‘\\001\\033\\177’', "'\\001\\033\\177'"],
    ['\u2028', '‘\\342\\200\\250’', "'\\342\\200\\250'"],
  ])('quotes %j in UTF-8 and in ASCII', (word, utf8, ascii) => {
    expect(quoteWord(Buffer.from(word), true)).toBe(utf8);
    expect(quoteWord(Buffer.from(word), false)).toBe(ascii);
  });

  it('escapes the bytes that are not UTF-8', () => {
    expect(quoteWord(Buffer.from([0x61, 0xff, 0xe2, 0x82, 0xe2, 0x82, 0xac]), true)).toBe(
      '‘a\\377\\342\\202€’',
    );
  });
});

describe('parseInherited()', () => {
  it('reads what the launcher reports', () => {
    expect(parseInherited('0000000000002000 0000000000001003 ,0,2,9')).toEqual({
      blocked: 0x2000n,
      ignored: 0x1003n,
      descriptors: [0, 2, 9],
      closed: [1],
    });
  });

  it.each([undefined, '', 'nonsense'])('returns defaults for %s', (text) => {
    expect(parseInherited(text)).toEqual({ blocked: 0n, ignored: 0n, descriptors: [0, 1, 2], closed: [] });
  });
});
