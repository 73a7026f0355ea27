/** The cases by which execa and zx show their quoting, and what they are here. */
import { describe, expect, it } from 'vitest';
import { $, run } from '../../src/index.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { ARGV } from '../helpers/templates.js';

checkForLeaks();

const A = ARGV;

describe('A published case of execa', () => {
  it.each([
    ['a number', () => $`${A} 1 ${2}`, ['1', '2']],
    ['values and text side by side', () => $`${A} ${'foo'}bar${'foo'}`, ['foobarfoo']],
    [
      'a line that goes on',
      () => $`${A} foo \
      bar`,
      ['foo', 'bar'],
    ],
    [
      'a line that goes on within a word',
      () => $`${A} foo\
bar`,
      ['foobar'],
    ],
    ['a space in a value', () => $`${A} ${'foo bar'}`, ['foo bar']],
    ['blanks around', () => $`  ${A} foo bar  `, ['foo', 'bar']],
    ['an array', () => $`${A} ${['foo', 'bar']}`, ['foo', 'bar']],
    ['an empty array', () => $`${A} foo ${[]} bar`, ['foo', 'bar']],
    ['spaces in an array', () => $`${A} ${['foo', 'bar baz']}`, ['foo', 'bar baz']],
    ['an empty text', () => $`${A} a ${''} b`, ['a', '', 'b']],
    ['blanks as values', () => $`${A} ${' '} ${'\t'} ${'\n'} ${'\r\n'}`, [' ', '\t', '\n', '\r\n']],
    ['tabs between words', () => $`${A}	a	b`, ['a', 'b']],
    ['a backslash as a value', () => $`${A} ${'\\'} ${'\\\\'}`, ['\\', '\\\\']],
    ['two backslashes', () => $`${A} a\\b \\a\\`, ['a\\b', '\\a\\']],
    ['four backslashes', () => $`${A} a\\\\b`, ['a\\\\b']],
    ['a backquote as a value', () => $`${A} ${'`'} ${'a'}${'`'}`, ['`', 'a`']],
    ['an escaped dot', () => $`${A} a\.b`, ['a.b']],
    ['odd characters as values', () => $`${A} ${'\u2028'} ${'\f\v'} ${'\x01'}`, ['\u2028', '\f\v', '\x01']],
    ['text of a result', async () => $`${A} ${(await $`echo foo`).stdout} bar`, ['foo', 'bar']],
    ['an escape of a tab: refused', () => $`${A} a\tb`, 'SyntaxError'],
    ['an escape of a newline: refused', () => $`${A} a\nb`, 'SyntaxError'],
    ['an escape by number: refused', () => $`${A} \x63 \u0063 \u{63}`, 'SyntaxError'],
    ['an escape that JavaScript knows not: refused', () => $`${A} \u`, 'SyntaxError'],
    ['an escape of NUL: refused', () => $`${A} \0`, 'SyntaxError'],
    ['an escaped backquote, which a shell would act on: refused', () => $`${A} a\`b`, 'SyntaxError'],
    [
      'words on lines of their own: refused',
      () => $`${A} foo
      bar`,
      'SyntaxError',
    ],
    ['nothing', () => $``, 'SyntaxError'],
    ['blanks', () => $`  `, 'SyntaxError'],
    ['an array beside text', () => $`${A} foo${['bar', 'foo']}`, 'TypeError'],
    ['true', () => $`${A} ${true as never}`, 'TypeError'],
    ['an object', () => $`${A} ${{ foo: 'bar' } as never}`, 'TypeError'],
    ['undefined in an array', () => $`${A} ${[undefined] as never}`, 'TypeError'],
    ['an object in an array', () => $`${A} ${[{}] as never}`, 'TypeError'],
    ['a promise', () => $`${A} ${Promise.resolve() as never}`, 'TypeError'],
    ['a command', () => $`${A} ${$`true` as never}`, 'TypeError'],
    ['a result', async () => $`${A} ${(await run('true')) as never}`, 'TypeError'],
    ['undefined alone, which is no word here', () => $`${A} a ${undefined} ${null}`, ['a']],
  ])('is here what a shell makes of it: %s', async (_, act, expected) => {
    expect(await outcome(act)).toEqual(expected);
  });
});

describe('A published case of zx', () => {
  const odd = 'bar"";baz!$#^$\'&*~*%)({}||\\/';
  it.each([
    ['all characters of a shell', () => $`${A} ${odd}`, [odd]],
    ['the same for a shell', () => $.sh`${A} ${odd}`, [odd]],
    ['in quotes', () => $`${A} --foo='${'param && echo bar'}'`, ['--foo=param && echo bar']],
    ['in quotes of a shell', () => $.sh`${A} --foo='${'param && echo bar'}'`, ['--foo=param && echo bar']],
    ['zero', () => $`${A} ${0}`, ['0']],
    ['an array', () => $`${A} ${[1, '', '*', '2']}`, ['1', '', '*', '2']],
    ['an array for a shell', () => $.sh`${A} ${[1, '', '*', '2']}`, ['1', '', '*', '2']],
    ['an option with a value', () => $`${A} --file=${'a b'}.txt`, ['--file=a b.txt']],
    ['a path with a space', () => $`${A} /tmp/${'foo bar'}`, ['/tmp/foo bar']],
    ['a variable: refused', () => $`${A} $HOME`, 'SyntaxError'],
    ['a variable of a shell', () => $.sh({ env: { FOO: 'hi; exit 1' } })`${A} "$FOO"`, ['hi; exit 1']],
    ['an octal escape: refused', () => $`${A} \033`, 'SyntaxError'],
  ])('is here what a shell makes of it: %s', async (_, act, expected) => {
    expect(await outcome(act)).toEqual(expected);
  });
});

/** What the program got, or the kind of the error. */
async function outcome(act: () => unknown): Promise<unknown> {
  try {
    const { stdout } = (await act()) as { stdout: string };
    return JSON.parse(stdout);
  } catch (error) {
    return (error as Error).name;
  }
}
