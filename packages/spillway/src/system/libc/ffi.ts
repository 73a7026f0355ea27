/**
 * The FFI: koffi's compiled part, from its package for this platform. That package has no install script,
 * unlike `koffi` itself, whose JavaScript only looks for it. It contains a binary for each C library (glibc,
 * musl) and loads the one that this program is linked with.
 */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { type Installed, installed, searchedPlaces } from '../../base/index.js';
import { errnoOf, SystemError } from './errno.js';
import { runtimeObstacle } from './runtime.js';

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

let binary: Ffi | undefined;
let problem: Error | undefined;

/**
 * The FFI, loaded at first use. Throws an error that says what to do where there is none for this machine,
 * and a SystemError where this process or the system has no descriptor left to read it.
 */
export function ffi(): Ffi {
  if (binary) return binary;
  if (problem) throw problem;
  requireDescriptor();
  try {
    binary = load();
    return binary;
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
  if (runtimeObstacle !== undefined) throw new Error(runtimeObstacle);
  const name = `@koromix/koffi-${process.platform}-${process.arch}`;
  const found = installed(name);
  if (!found)
    throw new Error(
      `${name} is not found from ${searchedPlaces().join(' nor ')}: install spillway with its optional ` +
        'dependencies, and keep that package beside a bundled program',
    );
  const ours = loaded(name, found);
  if (VERSION.test(ours.version)) return ours;
  throw new Error(`${found.path} is of version ${ours.version}; install the one that spillway names`);
}

function loaded(name: string, found: Installed): Ffi {
  try {
    return found.load() as Ffi;
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${name} cannot be loaded: ${message.split('\n', 1)[0]}`, { cause: error });
  }
}
