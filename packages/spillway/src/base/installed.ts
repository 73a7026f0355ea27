/**
 * Packages that are looked for when they are needed, by their names: a bundled module is not where its source
 * was. No bundler sees these names, which it would try to follow.
 */
import { builtin } from './builtin.js';

export interface Installed {
  readonly path: string;
  /** What the package's CommonJS entry exports. Throws what it throws. */
  load(): unknown;
}

/** Undefined where it is not found from any of `searchedPlaces()`, nor, after these, from the directory. */
export function installed(name: string, directory?: string): Installed | undefined {
  const { createRequire } = builtin('module');
  const last = directory === undefined ? [] : [`${directory}/program.js`];
  for (const place of [...places(), ...last]) {
    const require = createRequire(place);
    const path = found(require, name) ?? foundBySpillway(require, name);
    if (path !== undefined) return { path, load: () => require(path) };
  }
  return undefined;
}

/** The paths of the files from which packages are looked for, in order. */
export function searchedPlaces(): readonly string[] {
  const { fileURLToPath } = builtin('url');
  return [...new Set(places().map((place) => (place.startsWith('file:') ? fileURLToPath(place) : place)))];
}

/** This module, the program, and a program that is one executable with Node inside. */
function places(): readonly string[] {
  const all: unknown[] = [import.meta.url, process.argv[1]];
  if (!/(?:^|[\\/])(?:node|bun|deno)(?:\.exe)?$/.test(process.execPath)) all.push(process.execPath);
  return [...new Set(all)].filter(isPlace);
}

/** A bundler may leave no address of a module; an evaluated program has no file. */
function isPlace(place: unknown): place is string {
  return typeof place === 'string' && /^(?:file:|\/|[a-z]:[\\/])/i.test(place);
}

function found(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/**
 * Where packages see their own dependencies alone (pnpm, Yarn), a bundled program finds ours through us. An
 * executable of Bun's does not read what package.json exports.
 */
function foundBySpillway(require: NodeJS.Require, name: string): string | undefined {
  const ours = found(require, 'spillway/package.json');
  if (ours === undefined) return undefined;
  const own = name.startsWith('spillway/')
    ? entries(require, ours)[`.${name.slice('spillway'.length)}`]
    : undefined;
  return found(builtin('module').createRequire(ours), own?.require?.default ?? name);
}

function entries(require: NodeJS.Require, ours: string): Record<string, { require?: { default: string } }> {
  return (require(ours) as { exports: ReturnType<typeof entries> }).exports;
}
