/** Variables that say what other options decide. */
import { realpathSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { absolutePath, exactPath, textOf } from '../../base/index.js';
import type { Chosen } from './table.js';

type Changes = Chosen['env'];

/**
 * The caller's changes to the variables, with those that follow from other options. What the caller says
 * of a variable counts. Undefined leaves the environment as it is, byte for byte.
 */
export function changesOf({ env, inheritEnv = true, cwd, pty }: Chosen): Changes {
  const onTerminal = pty ? changesOnTerminal(env, inheritEnv) : env;
  return cwd !== undefined && inheritEnv ? changesIn(cwd, onTerminal) : onTerminal;
}

/** PWD is the directory's logical path (POSIX, `cd`), and programs such as `sh` and `git` rely on it. */
function changesIn(cwd: string, env: Changes): Changes {
  if (process.platform === 'win32' || isSet(env, 'PWD')) return env;
  const path = logicalPath(cwd);
  return path === undefined ? env : { ...env, PWD: path };
}

/** Undefined where it is not known. */
function logicalPath(cwd: string): string | undefined {
  const path = absolutePath(cwd);
  if (!isAbsolute(path)) return undefined;
  return UPWARDS.test(cwd) ? sameDirectory(path, cwd) : path;
}

const UPWARDS = /(?:^|\/)\.\.(?:\/|$)/;

/** Behind a symbolic link, `..` is another directory to the kernel than in the text. */
function sameDirectory(path: string, cwd: string): string | undefined {
  try {
    const [byText, byKernel] = [path, cwd].map((one) => statSync(exactPath(one), { bigint: true }));
    if (byText?.ino === byKernel?.ino && byText?.dev === byKernel?.dev) return path;
  } catch {
    // The text alone leads nowhere, or the start will fail and say why.
  }
  try {
    return textOf(realpathSync.native(exactPath(cwd), 'buffer'));
  } catch {
    return undefined;
  }
}

/** The size of a terminal of its own is not that around this program, and programs want to know its kind. */
function changesOnTerminal(env: Changes, inherit: boolean): Changes {
  const inherited = inherit ? process.env : {};
  const changes: Record<string, string | undefined> = {};
  for (const name of ['COLUMNS', 'LINES'])
    if (inherited[name] !== undefined && !isSet(env, name)) changes[name] = undefined;
  if (!inherited.TERM && !isSet(env, 'TERM')) changes.TERM = 'xterm-256color';
  return Object.keys(changes).length === 0 ? env : { ...changes, ...env };
}

function isSet(env: Changes, name: string): boolean {
  return env !== undefined && Object.hasOwn(env, name);
}
