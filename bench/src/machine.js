import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** @typedef {ReturnType<typeof describeMachine> & { load: { before: number, after: number } }} Machine */

/** Where and on what the figures were taken; without it they mean nothing. */
export function describeMachine() {
  const cpus = os.cpus();
  return {
    kernel: `${os.type()} ${os.release()}`,
    cpu: cpus[0]?.model.trim() ?? 'unknown processor',
    cores: cpus.length,
    memoryGB: Math.round(os.totalmem() / 1e9),
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
    versions: { spillway: versionOf('spillway'), execa: versionOf('execa'), tinyexec: versionOf('tinyexec') },
  };
}

/**
 * The load average of the last minute. Before a run it should be near 0: other programs' work is in the
 * figures otherwise.
 */
export function currentLoad() {
  return Math.round((os.loadavg()[0] ?? 0) * 100) / 100;
}

/** @param {Machine} machine */
export function machineLine({ kernel, cpu, cores, memoryGB, load, node, date, versions }) {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    date,
    kernel,
    `${cpu}, ${cores} cores, ${memoryGB} GB`,
    `load ${load.before} before, ${load.after} after`,
    `Node ${node}`,
    ...packages,
  ].join(' · ');
}

/** @param {string} name */
export function versionOf(name) {
  let folder = new URL('.', import.meta.resolve(name));
  while (!existsSync(new URL('package.json', folder))) folder = new URL('..', folder);
  return String(JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')).version);
}
