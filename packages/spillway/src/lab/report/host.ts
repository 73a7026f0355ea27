/** The machine of a report. Its name is not part of it. */
import { arch, cpus, release, totalmem, type } from 'node:os';
import { dateNow } from '../../base/index.js';

export interface Host {
  readonly system: string;
  readonly architecture: string;
  readonly processors: string;
  readonly memory: string;
  readonly node: string;
  readonly user: 'root' | 'not root';
  readonly date: string;
}

export function host(): Host {
  const all = cpus();
  return {
    system: `${type()} ${release()}`,
    architecture: arch(),
    processors: `${all.length} × ${all[0]?.model.trim() || 'unknown'}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    node: process.version,
    user: process.geteuid?.() === 0 ? 'root' : 'not root',
    date: dateNow().toISOString().slice(0, 10),
  };
}

export function hostLine({ system, architecture, processors, memory, node, user }: Host): string {
  return `${system} ${architecture}, ${processors}, ${memory}, Node ${node}, ${user}`;
}
