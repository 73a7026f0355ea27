/** The file that Windows means by a program's name: the first in PATH, with the first ending of PATHEXT. */
import { statSync } from 'node:fs';
import { win32 } from 'node:path';

export interface SearchPlaces {
  /** The child's PATH. */
  readonly path: string | undefined;
  readonly extensions: string | undefined;
}

const DEFAULT_EXTENSIONS = '.COM;.EXE;.BAT;.CMD';

/**
 * Undefined when there is none. A name with a directory is relative to this process's. Not in the current
 * directory, where cmd.exe looks first: a file there would take the place of any program.
 */
export function findOnWindows(
  file: string,
  { path = '', extensions }: SearchPlaces,
  isFile: (candidate: string) => boolean = exists,
): string | undefined {
  const wanted = (extensions || DEFAULT_EXTENSIONS).split(';').filter((one) => one.startsWith('.'));
  // A name that has an extension is also taken as it is.
  const endings = win32.extname(file) === '' ? wanted : ['', ...wanted];
  const hasDirectory = /[\\/]|^[a-z]:/i.test(file);
  const directories = hasDirectory ? [''] : directoriesOf(path);
  for (const directory of directories)
    for (const ending of endings) {
      const candidate = win32.resolve(directory, file + ending);
      if (isFile(candidate)) return candidate;
    }
  return undefined;
}

/** Some installers put quotes around a directory. */
function directoriesOf(path: string): string[] {
  return path
    .split(';')
    .map((directory) => directory.replace(/^"(.*)"$/, '$1'))
    .filter((directory) => win32.isAbsolute(directory));
}

function exists(candidate: string): boolean {
  return statSync(candidate, { throwIfNoEntry: false })?.isFile() ?? false;
}
