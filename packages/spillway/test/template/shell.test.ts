/** Scripts for sh(1): whatever a value is and wherever it stands, it is data. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { $ } from '../../src/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { printed, templateOf } from '../helpers/templates.js';

checkForLeaks();

const shells = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([file = '']) => spawnSync(file, ['-c', ':']).error === undefined,
);
/** Each would run a program if it were not quoted. */
const attacks = [
  "'; touch pwned; '",
  '"; touch pwned; "',
  '$(touch pwned)',
  '`touch pwned`',
  '(touch pwned)',
  '{x:=`touch pwned`}',
  'a[$(touch pwned)]',
  '\ntouch pwned\n',
  '; touch pwned;',
  ') touch pwned; (',
  '}; touch pwned; {',
  "\\'; touch pwned;",
  'x)) ; touch pwned; ((',
  '# \n touch pwned',
];

/** A directory with a shell that does nothing. */
function unusedShell(): string {
  const directory = join(scratchDirectory(), 'bin');
  if (!existsSync(directory)) {
    mkdirSync(directory);
    symlinkSync('/bin/true', join(directory, 'sh'));
  }
  return directory;
}

/** The script that $.sh makes of a template: the arguments of sh. */
function scriptOf(raw: readonly string[], values: readonly string[]): string | undefined {
  try {
    return $.sync({ env: { PATH: unusedShell() } }).sh(templateOf(...raw), ...values).args[1];
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

describe('A value in a script', () => {
  it.each([
    ['a word', (v: string) => $.sh`printf '%s\0' ${v}`, (v: string) => [v]],
    ['a part of a word', (v) => $.sh`printf '%s\0' a${v}b`, (v) => [`a${v}b`]],
    ['between double quotes', (v) => $.sh`printf '%s\0' "a ${v} b"`, (v) => [`a ${v} b`]],
    ['between single quotes', (v) => $.sh`printf '%s\0' 'a ${v} b'`, (v) => [`a ${v} b`]],
    ['in the output of a command', (v) => $.sh`printf '%s\0' "$(printf '%s_' ${v})"`, (v) => [`${v}_`]],
    ['quoted in it', (v) => $.sh`printf '%s\0' "$(printf '%s_' "${v}")"`, (v) => [`${v}_`]],
    ['behind it', (v) => $.sh`printf '%s\0' "$(echo a)${v}"`, (v) => [`a${v}`]],
    ['in a subshell', (v) => $.sh`(printf '%s\0' ${v})`, (v) => [v]],
    ['in a function', (v) => $.sh`f() { printf '%s\0' "$1" ${v}; }; f x`, (v) => ['x', v]],
    ['in a case', (v) => $.sh`case a in a) printf '%s\0' ${v};; esac`, (v) => [v]],
    [
      'behind a comment',
      (v) => $.sh`: a # it's one
      printf '%s\0' ${v}`,
      (v) => [v],
    ],
    ['behind an escaped quote', (v) => $.sh`printf '%s\0' \' ${v} "\"${v}"`, (v) => ["'", v, `"${v}`]],
    ['behind a parameter', (v) => $.sh`x=y; printf '%s\0' "\${x}${v}" \${#x} ${v}`, (v) => [`y${v}`, '1', v]],
    ['in an assignment', (v) => $.sh`x=${v}; printf '%s\0' "$x"`, (v) => [v]],
  ] satisfies [string, (v: string) => ReturnType<typeof $.sh>, (v: string) => string[]][])(
    'is what it is as %s',
    async (_, command, expected) => {
      for (const value of ['plain', '', "it's", 'a "b" \\ $HOME `id` *', ...attacks]) {
        const output = await command(value).bytes();
        expect(printed(output.toString())).toEqual(expected(value));
      }
      expect(existsSync('pwned')).toBe(false);
    },
  );

  it('is several words, or none, where it stands alone', async () => {
    const list = ['a b', "it's", ''];
    const output = await $.sh`for one in ${list} ${[]} ${false}; do printf '%s\0' "$one"; done`.bytes();
    expect(printed(output.toString())).toEqual(list);
    expect(() => $.sh`echo a${list}`).toThrow('an array stands alone');
    expect(() => $.sh`echo "${list}"`).toThrow('an array stands alone');
    expect(() => $.sh`echo a\ ${list}`).toThrow('an array stands alone');
    expect(() => $.sh`echo > ${list}`).toThrow('an array stands alone');
    expect(() => $.sh`echo > ${undefined}`).toThrow(TypeError);
    expect(() => $.sh`echo a${undefined}`).toThrow(TypeError);
    expect(() => $.sh`echo ${{} as never}`).toThrow(TypeError);
  });

  it.each(['\u2028', '\r', '\f', '\u00a0'])('is data behind a comment that goes on after %j', async (end) => {
    for (const value of ['a b', ...attacks]) {
      const script = templateOf(`: # it${end}'s\nprintf '%s\\0' `, '');
      expect(printed((await $.sh(script, value).bytes()).toString())).toEqual([value]);
    }
  });

  it('is a whole number in arithmetic', async () => {
    expect(await $.sh`echo $((${3} * (${-4} + 1)))`.text()).toBe('-9');
    for (const attack of ['x', '1 + 1', ...attacks])
      expect(() => $.sh`echo $(( (${attack}) ))`).toThrow('a whole number alone can stand here');
  });

  it.each([
    [
      'a document',
      () => $.sh`cat <<EOF
${'a'}
EOF`,
    ],
    ['a command in backquotes', () => $.sh`echo \`echo ${'a'}\``],
    ['a default of a parameter', () => $.sh`echo "\${x:-${'a'}}"`],
    ['a comment', () => $.sh`echo # ${'a'}`],
    ["bash's quotes", () => $.sh`echo $'\'' ${'a'}`],
    ['a case within a substitution', () => $.sh`echo "$(case a in a) echo ${'a'};; esac)"`],
    [
      'a number sign behind an escaped blank',
      () => $.sh`echo a\ #'
${'a'}`,
    ],
    ['a dollar before it', () => $.sh`echo "$${'a'}"`],
    ['a dollar before it, without quotes', () => $.sh`echo $${'a'}`],
    ['quotes in arithmetic', () => $.sh`echo $(( "${1}" ))`],
  ])('is refused where its quotes cannot be told: %s', (_, act) => {
    expect(act).toThrow(TypeError);
    expect(act).toThrow('its quotes are unclear here');
  });

  it('is never run, whatever stands around it', () => {
    const tokens = [
      'echo ',
      ' ',
      "'",
      '"',
      '\\',
      '\\\\',
      '$(',
      '(',
      ')',
      '((',
      '$((',
      '))',
      'case x in ',
      'x) ',
      ';; ',
      'esac ',
      '#',
      ' # ',
      '\\ #',
      '\f#',
      " # \u2028'",
      " # \r'",
      '\r#',
      '\\;#',
      '\n',
      `\\$\{x}`,
      '\\${x:-',
      '}',
      '{ ',
      '<<E',
      '\\`',
      ';',
      '| ',
      '$',
      "$'",
      '[',
      '$[',
      '[[ ',
      'a=',
      '&',
    ];
    const piece = fc.array(fc.constantFrom(...tokens), { maxLength: 6 }).map((all) => all.join(''));
    const attack = fc.constantFrom(...attacks);
    let [run, count] = [0, 0];
    const cwd = join(scratchDirectory(), 'here');
    mkdirSync(cwd);
    const isSafe = (before: string, between: string, after: string, first: string, second: string) => {
      count++;
      // A backslash before a value is not possible in a template.
      const raw = [before, between].map((text) => text.replace(/(?<!\\)(?:\\\\)*\\$/, ''));
      const script = scriptOf([...raw, after], [first, second]);
      if (script === undefined) return;
      run++;
      for (const [file = '', ...args] of shells)
        spawnSync(file, [...args, '-c', script], { cwd, timeout: 5000, killSignal: 'SIGKILL', input: '' });
      expect(existsSync(join(cwd, 'pwned'))).toBe(false);
    };
    fc.assert(fc.property(piece, piece, piece, attack, attack, isSafe), { numRuns: 400 });
    expect(run).toBeGreaterThan(count / 10);
  });
});
