/**
 * The FFI: koffi's compiled part, from its package for this platform. That package has no install script,
 * unlike `koffi` itself, whose JavaScript only looks for it. It contains a binary for each C library (glibc,
 * musl) and loads the one that this program is linked with.
 */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { builtin } from '../../base/index.js';
import { errnoOf, SystemError } from './errno.js';

/** The C library's functions and variables. */
export interface Library {
  func(prototype: string): ForeignFunction;
  symbol(name: string): unknown;
}

/** A C function. `async` calls it in a thread of libuv's pool; the last argument receives its result. */
export interface ForeignFunction {
  (...args: unknown[]): unknown;
  async(...args: unknown[]): void;
}

/** The part of koffi used here (https://koffi.dev). */
export interface Ffi {
  readonly version: string;
  /** Null stands for the program itself. */
  load(file: string | null): Library;
  /** `count` values of this C type at an address or symbol; one value without it. */
  decode(at: unknown, type: string, count?: number): unknown;
  address(bytes: Uint8Array): number | bigint;
  /** errno of this thread's latest call. */
  errno(): number;
}

/** package.json names exactly one version; a bundled program may find another. */
const VERSION = /^3\.[3-9]\./;

let loaded: Ffi | undefined;
let problem: Error | undefined;

/**
 * The FFI, loaded at first use. Throws an error that says what to do where there is none for this machine,
 * and a SystemError where this process or the system has no descriptor left to read it.
 */
export function ffi(): Ffi {
  if (loaded) return loaded;
  if (problem) throw problem;
  requireDescriptor();
  try {
    loaded = load();
    return loaded;
  } catch (error) {
    problem = error as Error;
    throw problem;
  }
}

/** Node would say that there is no such module, and remember that. */
function requireDescriptor(): void {
  try {
    closeSync(openSync(devNull, 'r'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE' || code === 'ENFILE')
      throw new SystemError('open', errnoOf[code], 'loading the calls of the C library');
  }
}

function load(): Ffi {
  const name = `@koromix/koffi-${process.platform}-${process.arch}`;
  const { createRequire } = builtin('module');
  const places = searched();
  for (const place of places) {
    const require = createRequire(place);
    const path = found(require, name) ?? foundBy(require, name);
    if (path === undefined) continue;
    const binary = loadedFrom(require, name, path);
    if (VERSION.test(binary.version)) return binary;
  }
  throw new Error(
    `${name} is not found from ${places.map(asPath).join(' nor ')}: ` +
      'install spillway with its optional dependencies, and keep that package beside a bundled program',
  );
}

/** Files whose packages are looked through: this module, the program, and a program of one executable. */
function searched(): readonly string[] {
  const places: unknown[] = [import.meta.url, process.argv[1]];
  if (!/(?:^|[\\/])(?:node|bun|deno)(?:\.exe)?$/.test(process.execPath)) places.push(process.execPath);
  return [...new Set(places)].filter(isPlace);
}

/** A bundler may leave no address of a module; an evaluated program has no file. */
function isPlace(place: unknown): place is string {
  return typeof place === 'string' && /^(?:file:|\/|[a-z]:[\\/])/i.test(place);
}

function asPath(place: string): string {
  return place.startsWith('file:') ? builtin('url').fileURLToPath(place) : place;
}

function found(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** Where packages see their own dependencies alone (pnpm, Yarn), a bundled program finds it through ours. */
function foundBy(require: NodeJS.Require, name: string): string | undefined {
  const ours = found(require, 'spillway/package.json');
  return ours === undefined ? undefined : found(builtin('module').createRequire(ours), name);
}

function loadedFrom(require: NodeJS.Require, name: string, path: string): Ffi {
  try {
    return require(path) as Ffi;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${name} cannot be loaded: ${message.split('\n', 1)[0]}`, { cause: error });
  }
}
