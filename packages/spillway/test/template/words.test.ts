/** The words of a template: literal text, quotes, and values. */
import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { $, run, type TemplateValue } from '../../src/index.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { ARGV, printed, templateOf } from '../helpers/templates.js';

checkForLeaks();

/** The words that a program gets. */
async function words(strings: TemplateStringsArray, ...values: TemplateValue[]): Promise<string[]> {
  const [first = '', ...rest] = strings.raw;
  const output = await $(templateOf(`printf '%s\\0' ${first}`, ...rest), ...values).bytes();
  return printed(output.toString());
}

describe('A word', () => {
  it.each([
    ['one', () => words`one`, ['one']],
    ['blanks around words', () => words`  a  b	c `, ['a', 'b', 'c']],
    ['single quotes', () => words`'a b' '"' '\n' '$HOME' '*;|&'`, ['a b', '"', '\\n', '$HOME', '*;|&']],
    ['double quotes', () => words`"a b" "'" "\n" "*;|&" "\"" "\\"`, ['a b', "'", '\\n', '*;|&', '"', '\\']],
    ['an empty word', () => words`'' "" a''`, ['', '', 'a']],
    ['parts without a blank between them', () => words`a'b'"c"\d${'e'}`.catch((e) => e.name), 'SyntaxError'],
    ['parts side by side', () => words`a'b'"c"${'d'}e`, ['abcde']],
    [
      'an escaped character',
      () => words`\$HOME \* \; \\ \' \" a\ b \# \{a,b\} \~`,
      ['$HOME', '*', ';', '\\', "'", '"', 'a b', '#', '{a,b}', '~'],
    ],
    [
      'a line that goes on',
      () => words`a \
      b\
c`,
      ['a', 'bc'],
    ],
    ['lines before and after', () => words`a`, ['a']],
    [
      'characters that are special elsewhere',
      () => words`a#b HEAD~1 a=b {} stash@{1} @{u}..x [ ] a! %s 1,2 + ^`,
      ['a#b', 'HEAD~1', 'a=b', '{}', 'stash@{1}', '@{u}..x', '[', ']', 'a!', '%s', '1,2', '+', '^'],
    ],
    [
      'a dollar that expands nothing',
      () => words`a$ $ "$" "a$ b" $${5} "$%"`,
      ['a$', '$', '$', 'a$ b', '$5', '$%'],
    ],
    [
      'a backquote, and a brace, in single quotes',
      () => words`'\`' '\${a}' '$\{a}' 'a\\b'`,
      ['`', '$' + '{a}', '$' + '{a}', 'a\\\\b'],
    ],
  ] as const)('is taken as a shell takes it: %s', async (_, act, expected) => {
    expect(await act()).toEqual(expected);
  });

  it('is what a shell makes of the same text, or a SyntaxError', () => {
    const letters = [
      'a',
      '1',
      ' ',
      ' ',
      "'",
      '"',
      '\\',
      '=',
      '~',
      '#',
      '{',
      ',',
      '}',
      '.',
      '[',
      ']',
      '!',
      '-',
    ];
    const text = fc
      .array(fc.constantFrom(...letters, '$', '\t', '/', 'é'), { maxLength: 14 })
      .map((all) => all.join(''));
    let accepted = 0;
    const agree = (raw: string) => {
      let ours: string[];
      try {
        ours = printed($.sync(templateOf(`printf '%s\\0' ${raw}`)).stdout);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        return;
      }
      accepted++;
      const theirs = execFileSync('sh', ['-c', `printf '%s\\0' ${raw}`], {
        encoding: 'utf8',
        cwd: '/proc/self',
      });
      expect(ours).toEqual(printed(theirs));
    };
    fc.assert(fc.property(text, agree), { numRuns: 500 });
    expect(accepted).toBeGreaterThan(50);
  });
});

describe('A value', () => {
  const list = ['x', 'y z', ''];
  const none: false | undefined = undefined;
  it.each([
    ['text', () => words`${'a b'} ${"it's"} ${'"$HOME`*'}`, ['a b', "it's", '"$HOME`*']],
    ['empty text', () => words`a ${''} b`, ['a', '', 'b']],
    ['a number', () => words`${0} -${2} ${1.5} ${-0}`, ['0', '-2', '1.5', '0']],
    ['a bigint', () => words`${12345678901234567890n}`, ['12345678901234567890']],
    ['a URL', () => words`${new URL('https://a.test/?b=c&d')}`, ['https://a.test/?b=c&d']],
    ['the URL of a file', () => words`${pathToFileURL('/a b/c')}`, ['/a b/c']],
    [
      'a URL of another realm',
      () => words`${runInNewContext('new U("file:///a%20b")', { U: URL })}`,
      ['/a b'],
    ],
    ['part of a word', () => words`--x=${'a b'} ${'a'}${'b'} x${1}y${2}z`, ['--x=a b', 'ab', 'x1y2z']],
    ['between quotes', () => words`"${'a"b'} c" '${"it's"}' "a ${1} b"`, ['a"b c', "it's", 'a 1 b']],
    ['after a backslash', () => words`a\\${'b'}`, ['a\\b']],
    ['an array', () => words`${list} a ${[]} b ${[1, 2n]}`, ['x', 'y z', '', 'a', 'b', '1', '2']],
    ['nothing', () => words`a ${false} ${null} ${none} b`, ['a', 'b']],
    ['a newline', () => words`${'a\nb'} "${'\n'}"`, ['a\nb', '\n']],
    ['what looks like an operator', () => words`${'|'} ${'>'} ${'2>&1'} ${';'}`, ['|', '>', '2>&1', ';']],
  ] as const)('is one word or part of one, or several, or none: %s', async (_, act, expected) => {
    expect(await act()).toEqual(expected);
  });

  it('may name the program', async () => {
    expect(await $`${'echo'} a`.text()).toBe('a');
    expect(await $`${['echo', 'b']} c`.text()).toBe('b c');
    expect(await $`${false} echo d`.text()).toBe('d');
  });

  it.each([
    ['undefined in a word', () => $`echo a${undefined}`, 'value 1 of the template: undefined', 7],
    ['false in quotes', () => $`echo "${false}"`, 'between blanks alone it is no word', 7],
    ['null beside another value', () => $`echo ${'a'}${null}`, 'value 2 of the template: null', 10],
    ['an array in a word', () => $`echo --x=${['a']}`, 'an array stands alone', 10],
    ['undefined in an array', () => $`echo ${['a', undefined as never]}`, 'undefined', 6],
    ['an array in an array', () => $`echo ${[['a']] as never}`, "[ 'a' ]", 6],
    ['true', () => $`echo ${true as never}`, "isFast && '--fast'", 6],
    ['an object', () => $`echo ${{ a: 1 } as never}`, '{ a: 1 }', 6],
    ['a function', () => $`echo ${() => 'a'}`, '[Function', 6],
    ['a symbol', () => $`echo ${Symbol('a') as never}`, 'Symbol(a)', 6],
    ['bytes', () => $`echo ${Buffer.from('a')}`, '<Buffer 61>', 6],
    ['a stream', () => $`echo ${Readable.from(['a'])}`, 'Readable', 6],
    ['a promise', () => $`echo ${Promise.resolve('a') as never}`, 'await it first', 6],
    ['a command', () => $`echo ${$`true` as never}`, 'await it first', 6],
    ['no word of a command', () => $`${false} ${[]}`, 'no other word names a command', 1],
    ['no word after a redirection', () => $`echo a > ${undefined}`, 'undefined', 10],
    ['an array after a redirection', () => $`echo a > ${['b']}`, 'an array stands alone', 10],
  ])('that cannot stand there is a TypeError: %s', (_, act, message, column) => {
    expect(act).toThrow(TypeError);
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', column }));
    expect(act).toThrow(message);
  });

  it('that is a result says where its text is', async () => {
    const result = await run('true');
    expect(() => $`echo ${result as never}`).toThrow('write result.stdout');
  });
});

describe('Any arguments', () => {
  const word = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !text.includes('\0'));
  const odd = fc.constantFrom(
    '',
    ' ',
    '-n',
    '--',
    "'",
    '"',
    '\\',
    '\n',
    '$(id)',
    '`id`',
    '*',
    '~',
    '\u2028',
    '=',
    '|',
  );
  const some = fc.array(fc.oneof(word, fc.string({ maxLength: 20 }), odd), { maxLength: 8 });

  it('reach a program unchanged, by $ and by $.sh', async () => {
    const reach = async (args: string[]) => {
      expect(await $`${ARGV} ${args}`.json()).toEqual(args);
      expect(await $.sh`${ARGV} ${args}`.json()).toEqual(args);
    };
    await fc.assert(fc.asyncProperty(some, reach), { numRuns: 25 });
  });

  it('reach a program unchanged, alone, in words and in quotes', async () => {
    const reach = async (a: string, b: string) => {
      const expected = [a, `x${a}${b}`, `${a} ${b}`, `'${b}`, `${a}\\`];
      expect(await words`${a} x${a}${b} "${a} ${b}" "'"'${b}' ${a}\\`).toEqual(expected);
      const shell = await $.sh`printf '%s\0' ${a} x${a}${b} "${a} ${b}" "'"'${b}' ${a}\\`.bytes();
      expect(printed(shell.toString())).toEqual(expected);
    };
    await fc.assert(fc.asyncProperty(fc.oneof(word, odd), fc.oneof(word, odd), reach), { numRuns: 100 });
  });
});
