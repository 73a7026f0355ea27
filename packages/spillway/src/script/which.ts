/** Finds programs as `run` does. */
import { fileURLToPath } from 'node:url';
import { isFileUrl, OptionError, requireNames } from '../base/index.js';
import { lookUpProgram } from '../process/index.js';

export interface WhichOptions {
  /** The directories to search, separated by colons. Default: PATH of this program. */
  readonly path?: string | undefined;
  /** What relative names and relative directories are relative to. Default: this program's directory. */
  readonly cwd?: string | URL | undefined;
}

/**
 * The absolute path of the program that a name stands for; undefined when there is none that this user may
 * execute. A name with a slash is a path. Errors: OptionError.
 *
 * @example
 * if (!which('docker')) throw new Error('install docker first');
 */
export function which(name: string, options: WhichOptions = {}): string | undefined {
  if (typeof name !== 'string' || name === '' || name.includes('\0'))
    throw new OptionError('name', name, "a program's name or path");
  const { path = process.env.PATH, cwd } = requireNames('options', options, ['path', 'cwd']);
  if (path !== undefined && typeof path !== 'string')
    throw new OptionError('path', path, 'directories, separated by colons');
  const directory = isFileUrl(cwd) ? fileURLToPath(cwd.href) : cwd;
  if (directory !== undefined && (typeof directory !== 'string' || directory === ''))
    throw new OptionError('cwd', cwd, 'a path, or a file: URL');
  return lookUpProgram(name, path, directory).found;
}
