import { absentee, c } from '../contender.js';
import { versionOf } from '../machine.js';
import { installedPeers } from './install.js';
import { go, programOn, python, ruby, runtimesFromNpm, scriptOn, thisNode } from './runtimes.js';

/**
 * @typedef {import('../contender.js').Contender} Contender
 * @typedef {import('./runtimes.js').Runtime} Runtime
 *
 * @typedef {object} Work the same for all
 * @property {string} label
 * @property {string} unit
 * @property {'less' | 'more'} better
 * @property {string} key the sample's member
 * @property {'echo' | 'many' | 'count' | 'lines'} name of the script, and for programs in other languages
 * @property {Record<string, unknown>} options of the script
 * @property {string[]} args of the other programs
 * @property {{ file: string, args: string[], expected?: Record<string, number> }} c
 *
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} what its version, and what it runs on
 * @property {string} own Spillway's contender that it is compared with
 * @property {(work: Work) => Contender} contend
 */

/**
 * Every peer, those that cannot take part here included.
 *
 * @param {(text: string) => void} progress
 * @returns {Promise<Peer[]>}
 */
export async function listPeers(progress) {
  const { versions, problem } = await installedPeers(progress);
  const { node24, bun, deno } = await runtimesFromNpm(progress);
  const [asyncio, osExec, inRuby] = await Promise.all([python(), go(), ruby()]);

  /** @type {(name: string, runtime: Runtime, runner: string, what: string, own?: string) => Peer} */
  const library = (name, runtime, runner, what, own = 'spillway') => ({
    name,
    what,
    own,
    contend: (work) => scriptOn(runtime, name, work.name, runner, work.options),
  });
  /** @type {(name: string, runtime: Runtime, language: string) => Peer} */
  const language = (name, runtime, language) => ({
    name,
    what: nameOf(language, runtime),
    own: 'spillway',
    contend: (work) => programOn(runtime, name, [work.name, ...work.args]),
  });
  /** @param {string} name of the package, the runner and the row @param {string} [further] */
  const fromNpm = (name, further = '') => {
    const version = versions[name];
    /** @type {Runtime} */
    const runtime = version === undefined ? { absent: problem ?? 'is not installed' } : thisNode;
    return library(name, runtime, name, nameOf(name, runtime, version) + further);
  };
  /** @type {(name: string, runner: string, what: string) => Peer} */
  const onNode24 = (name, runner, what) =>
    library(`${name} on Node 24`, node24, runner, what, 'spillway on Node 24');

  const node = nameOf('Node', thisNode);
  const newerNode = nameOf('Node', node24);
  const own = `spillway ${versionOf('spillway')}`;
  return [
    library('spillway', thisNode, 'spillway', `${own}, ${node}`),
    library('child_process', thisNode, 'child_process', node),
    library('tinyexec', thisNode, 'tinyexec', `tinyexec ${versionOf('tinyexec')}`),
    cannot(
      fromNpm('nano-spawn'),
      'count',
      'reads no bytes: it decodes output as UTF-8, and keeps it in a string',
    ),
    library('execa 9', thisNode, 'execa', `execa ${versionOf('execa')}`),
    fromNpm('zx', ', by bash'),
    onNode24('spillway', 'spillway', `${own}, ${newerNode}`),
    onNode24('child_process', 'child_process', newerNode),
    onNode24('execa 10', 'execa 10', nameOf('execa', node24, versions['execa-10'])),
    library('Bun.spawn', bun, 'Bun.spawn', nameOf('Bun', bun)),
    library('Deno.Command', deno, 'Deno.Command', nameOf('Deno', deno)),
    language('Python asyncio', asyncio, 'Python'),
    language('Go os/exec', osExec, 'Go'),
    language('Ruby', inRuby, 'Ruby'),
    {
      name: 'C',
      what: 'posix_spawn, read, getline',
      own: 'spillway',
      contend: (work) => c(work.c.file, work.c.args, work.c.expected),
    },
  ];
}

/** @type {(name: string, runtime: Runtime, version?: string) => string} */
const nameOf = (name, runtime, version) =>
  'absent' in runtime ? name : `${name} ${version ?? runtime.version}`;

/**
 * @param {Peer} peer
 * @param {Work['name']} name
 * @param {string} why
 * @returns {Peer}
 */
const cannot = (peer, name, why) => ({
  ...peer,
  contend: (work) => (work.name === name ? absentee(peer.name, why) : peer.contend(work)),
});
