/** What a shell would act on and `$` does not: by what it is, what to write instead. */
const NAMES = `\${await Array.fromAsync(glob(…))}, with glob of node:fs/promises`;

const WAYS: Readonly<Record<string, string>> = {
  ';': 'ends a command in a shell: run each with a $ of its own; \\; is the character',
  '&': 'puts a command into the background in a shell: .start() does not wait; \\& is the character',
  '&&': 'is for a shell: await one command after the other, since a failure throws',
  '||': 'is for a shell: give check: false and look at ok, or catch the error',
  '|&': 'is not for every shell: write 2>&1 |',
  '<<': 'is for a shell: give the text as $({ input: text })',
  $: `begins an expansion in a shell: write a value, as in \${process.env.HOME}; \\$ is the character`,
  '`': `runs a command in a shell: write \${await $\`…\`.text()}; '\\\`' in quotes is the character`,
  '*': `stands for file names in a shell: write ${NAMES}; \\* is the character`,
  '?': `stands for file names in a shell: write ${NAMES}; \\? is the character`,
  '[': `stands for file names in a shell: write ${NAMES}; \\[ is the character`,
  '(': 'is for a shell; \\( is the character',
  ')': 'is for a shell; \\) is the character',
  '{': `is expanded by some shells: give the words as a value, \${['a', 'b']}; \\{ is the character`,
  '~': `is a home directory in a shell: write \${homedir()}, of node:os; \\~ is the character`,
  '#': 'begins a comment in a shell: write it in JavaScript; \\# is the character',
  '=': 'before a command sets a variable in a shell: give $({ env: { NAME: value } })',
  '\n': 'ends a command in a shell: end the line with a backslash to go on, or run each with a $ of its own',
};

/** Words that a shell acts on itself where a command's name stands. */
const OF_SHELL: ReadonlySet<string> = new Set(
  (
    '! { } [[ if then else elif fi for while until do done case esac in function ' +
    '. : alias bg break cd continue eval exec exit export fg jobs local popd pushd read readonly return ' +
    'set shift source times trap ulimit umask unalias unset wait'
  ).split(' '),
);

const OTHERS = 'is for a shell: $ has <, >, >>, 2>, 2>>, 2>&1, &> and &>>, and the option descriptors';

export function refusal(what: string, way = WAYS[what] ?? OTHERS): string {
  return `${what === '\n' ? 'a newline' : `"${what}"`} ${way}; $.sh\`…\` runs a shell`;
}

/** For the first word of a command. */
export function refusalOfName(name: string): string | undefined {
  if (!OF_SHELL.has(name)) return undefined;
  const way = name === 'cd' ? 'give $({ cwd }), or $.with({ cwd }) for several commands' : 'it is no program';
  return refusal(name, `is a word of the shell itself: ${way}`);
}
