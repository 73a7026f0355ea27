/** What a shell would act on and `$` does not is a SyntaxError that names the place and a way out. */
import { describe, expect, it } from 'vitest';
import { $ } from '../../src/index.js';

function errorOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe('A template', () => {
  it.each([
    ['two commands', () => $`a; b`, 2, 'run each with a $ of its own'],
    ['a last semicolon', () => $`a ;`, 3, '";" ends a command'],
    ['the background', () => $`a & b`, 3, '.start()'],
    ['and', () => $`a && b`, 3, 'await one command after the other'],
    ['or', () => $`a || b`, 3, 'check: false'],
    ['a pipe for both streams', () => $`a |& b`, 3, '2>&1 |'],
    ['a variable', () => $`echo $HOME`, 6, '{process.env.HOME}'],
    ['a variable within a word', () => $`echo a$HOME`, 7, '"$" begins an expansion'],
    ['a variable in double quotes', () => $`echo "a $HOME"`, 9, '{process.env.HOME}'],
    ['a variable in braces', () => $`echo \${HOME}`, 6, '"$" begins an expansion'],
    ['a number of a parameter', () => $`echo $1`, 6, '"$" begins an expansion'],
    ['a special parameter', () => $`echo $?`, 6, '"$" begins an expansion'],
    ['the output of a command', () => $`echo $(date)`, 6, '"$" begins an expansion'],
    ['the same in double quotes', () => $`echo "$(date)"`, 7, '"$" begins an expansion'],
    ["bash's quotes", () => $`echo $'a'`, 6, '"$" begins an expansion'],
    ['a backquote', () => $`echo \`date\``, 6, '.text()'],
    ['a backquote in double quotes', () => $`echo "\`date\`"`, 7, '.text()'],
    ['all files', () => $`ls *.js`, 4, 'glob'],
    ['all files after a value', () => $`ls ${'src'}/*.js`, 9, 'glob'],
    ['a letter of a file', () => $`ls a?`, 5, 'glob'],
    ['some letters of a file', () => $`ls [ab].js`, 4, 'glob'],
    ['some letters behind a value', () => $`ls ${'a'}[${'b'}]`, 8, 'glob'],
    ['a home directory', () => $`ls ~/src`, 4, 'homedir()'],
    ['the home directory of a user', () => $`ls ~root`, 4, 'homedir()'],
    ['a home directory in an assignment', () => $`dd of=~/a`, 7, 'homedir()'],
    ['a subshell', () => $`(a)`, 1, 'is for a shell'],
    ['the end of one', () => $`echo a)`, 7, 'is for a shell'],
    ['a function', () => $`f() a`, 2, 'is for a shell'],
    ['a list in braces', () => $`echo {a,b}`, 6, "['a', 'b']"],
    ['a list with values', () => $`echo x{${1},${2}}`, 7, "['a', 'b']"],
    ['a list around a pair', () => $`echo {a{b},c}`, 6, "['a', 'b']"],
    ['a range', () => $`echo {1..3}`, 6, "['a', 'b']"],
    ['a comment', () => $`ls # all`, 4, 'comment'],
    ['a variable before the command', () => $`A=1 ls`, 2, '$({ env: { NAME: value } })'],
    ['a variable with a value', () => $`A=${1} ls`, 2, 'env'],
    ['a variable in the second command', () => $`ls | A=1 sort`, 7, 'env'],
    ['a document', () => $`cat << EOF`, 5, 'input: text'],
    ['a text as input', () => $`cat <<< a`, 5, 'input: text'],
    ['a descriptor of its own', () => $`a 3> b`, 3, 'descriptors'],
    ['a descriptor of two digits', () => $`a 12> b`, 3, 'descriptors'],
    ['stdout to stderr', () => $`echo a >&2`, 8, 'is for a shell'],
    ['a merge before a redirection without a blank', () => $`a 2>&1<b`, 3, 'is for a shell'],
    ['stdout closed', () => $`a >&-`, 3, 'is for a shell'],
    ['stderr closed', () => $`a 2>&-`, 3, 'is for a shell'],
    ['a file for both ways', () => $`a <> b`, 3, 'is for a shell'],
    ['a process as a file', () => $`diff <(a) b`, 6, 'is for a shell'],
    ['a file that must not exist', () => $`a >| b`, 3, 'is for a shell'],
    ['a word that a shell knows', () => $`cd app`, 1, '$({ cwd })'],
    ['another one', () => $`ls | export A`, 6, 'a word of the shell itself'],
    ['a negation', () => $`! grep a b`, 1, 'a word of the shell itself'],
    ['a condition', () => $`if true`, 1, 'a word of the shell itself'],
    ['a group', () => $`{ a`, 1, 'a word of the shell itself'],
  ])('is refused for %s', (_, act, column, wayOut) => {
    const error = errorOf(act);
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error).toMatchObject({ code: 'ERR_TEMPLATE_SYNTAX', line: 1, column });
    const { message } = error as SyntaxError;
    expect(message).toContain(wayOut);
    expect(message).toContain(`(column ${column})`);
    const [, shown = '', pointer = ''] = message.split('\n');
    expect(pointer.trimStart()).toBe('^');
    expect(pointer.length - 2).toBe(column);
    expect(shown.length).toBeGreaterThan(2);
  });

  it.each([
    ['nothing', () => $``, 1, 'a command is missing'],
    ['blanks', () => $`  `, 3, 'a command is missing'],
    ['nothing before a pipe', () => $`| a`, 1, 'a command is missing'],
    ['nothing between pipes', () => $`a | | b`, 5, 'a command is missing'],
    ['nothing after a pipe', () => $`a |`, 4, 'a command is missing'],
    ['nothing but a redirection', () => $`> a`, 4, 'a command is missing'],
    ['no file', () => $`a >`, 3, '">" names no file'],
    ['no file before a pipe', () => $`a > | b`, 3, '">" names no file'],
    ['no file before another redirection', () => $`a > < b`, 3, '">" names no file'],
    ['a quote that is open', () => $`echo 'a`, 6, "this quote (') is not closed"],
    ['a double quote that is open', () => $`echo "a\"`, 6, 'this quote (") is not closed'],
    ['a quote that is open behind another', () => $`echo 'a' "b`, 10, 'is not closed'],
    ['an escape of JavaScript', () => $`echo a\nb`, 7, "{'\\n'}"],
    ['an escaped letter', () => $`echo \x41`, 6, 'is no escape'],
    ['two places for stdout', () => $`a > b > c`, 7, 'stdout is redirected twice'],
    ['two places for stdin', () => $`a < b < c`, 7, 'stdin is redirected twice'],
    ['two places for stderr', () => $`a 2> b 2>&1`, 8, 'stderr is redirected twice'],
    ['two places for both', () => $`a 2> b &> c`, 8, 'stderr is redirected twice'],
    ['a merge before a redirection', () => $`a 2>&1 > b`, 8, 'write > before it'],
    ['a redirection before a pipe', () => $`a > b | c`, 7, 'tee(1)'],
    ['a redirection after a pipe', () => $`a | b < c`, 7, 'redirect that of the first command'],
  ])('is refused with %s', (_, act, column, wayOut) => {
    const error = errorOf(act);
    expect(error).toBeInstanceOf(SyntaxError);
    expect(error).toMatchObject({ code: 'ERR_TEMPLATE_SYNTAX', column });
    expect((error as SyntaxError).message).toContain(wayOut);
  });

  it('of several lines is refused where one ends and another follows', () => {
    const act = () => $`
      npm ci
      --prefer-offline
    `;
    expect(act).toThrow(expect.objectContaining({ name: 'SyntaxError', line: 2, column: 13 }));
    expect(act).toThrow('(line 2, column 13)\n        npm ci\n              ^');
    expect(
      () => $`a
      | b`,
    ).toThrow('a newline ends a command');
    expect(
      () => $`a >
      b`,
    ).toThrow('a newline ends a command');
  });

  it('is refused again at each call, and leads to the caller', () => {
    const act = () => $`a ${1} ; b`;
    for (const error of [errorOf(act), errorOf(act)]) {
      expect(error).toMatchObject({ column: 8 });
      expect((error as Error).stack).toContain('syntax-errors.test.ts');
    }
  });

  it('counts a value as the four characters that stand for it, and a character as one', () => {
    expect(() => $`echo ${'a long value'} ;`).toThrow(expect.objectContaining({ column: 11 }));
    expect(() => $`echo 🚀 ;`).toThrow(expect.objectContaining({ column: 8 }));
  });

  it('is a template', () => {
    expect(() => ($ as (text: never) => unknown)('ls -l' as never)).toThrow(
      'a command is a template: $`ls -l`',
    );
    expect(() => ($ as (text: never) => unknown)(['ls'] as never)).toThrow('a command is a template');
    expect(() => $({ echo: 'yes' as never })).toThrow('echo');
    expect(() => $({ prefix: 1 as never })).toThrow('prefix');
  });
});
