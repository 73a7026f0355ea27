import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The version of the package that this command is a part of. */
export function version(): string {
  const path = createRequire(import.meta.url).resolve('spillway/package.json');
  return JSON.parse(readFileSync(path, 'utf8')).version;
}
