import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/**
 * The path of a program, found through PATH as the contenders do, for those that do not search.
 *
 * @param {string} name
 */
export function locate(name) {
  const candidates = (process.env.PATH ?? '/usr/bin:/bin')
    .split(':')
    .map((folder) => path.join(folder, name));
  const found = candidates.find(isExecutable);
  if (found === undefined) throw new Error(`no ${name} in PATH`);
  return found;
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
