/** What to say of a program's name that looks like a line for a shell. */
import { shellWord } from '../../base/index.js';

const NO_SHELL = 'no shell takes a line apart here';

/** Undefined for a name that looks like a name. */
export function hintForLine(file: string): string | undefined {
  if (file.startsWith('~')) {
    const rest = file.replace(/^~\w*\/?/, '');
    return `a shell expands "~", and ${NO_SHELL}; give the path, as in join(homedir(), ${quoted(rest)})`;
  }
  if (/^\$\{?\w/.test(file)) return `a shell expands variables, and ${NO_SHELL}; use process.env`;
  const words = file.trim().split(/\s+/);
  const [first = '', ...rest] = words;
  if (/^\w+=/.test(first) && rest.length > 0)
    return `${NO_SHELL}: variables are the option env: { ${first.replace(/=.*$/s, '')}: … }`;
  if (/[|<>;&]/.test(file)) {
    const other = file.includes('|') ? 'use pipeline()' : 'use the options stdin and stdout';
    return `${NO_SHELL}; ${other}, or run('sh', ['-c', ${quoted(file)}])`;
  }
  if (/[*?]/.test(file)) return `a shell expands "*" and "?", and ${NO_SHELL}; give the path`;
  if (rest.length === 0) return undefined;
  const list = rest.map(quoted).join(', ');
  const call = `${shellWord(first)}, [${list}]`;
  return `${NO_SHELL}, and no program has this name; arguments are the second parameter: ${call}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
