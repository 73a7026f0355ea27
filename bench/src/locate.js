import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/**
 * The program that a name stands for, as the contenders find it through PATH, for those that make no look-up.
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
