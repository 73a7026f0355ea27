/** Which workers on this machine are known to be dead. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { startTimeOf, thisPlace } from '../../src/attempt/index.js';
import { isDead } from '../../src/worker/neighbours.js';
import { until } from '../helpers/processes.js';
import { workerSpec } from '../helpers/stores.js';

const self = { pid: process.pid, startTime: startTimeOf(process.pid) as string };
const gone = { pid: spawnSync('true').pid, startTime: '1' };

describe('A worker is dead', () => {
  it('when its process is gone, also if another one has its number', () => {
    expect(isDead(workerSpec(self), undefined)).toBe(false);
    expect(isDead(workerSpec(gone), undefined)).toBe(true);
    expect(isDead(workerSpec({ ...self, startTime: '1' }), undefined)).toBe(true);
  });

  it('when it is a zombie, which its parent has not looked at', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(text);
    const worker = workerSpec({ pid, startTime: startTimeOf(pid) as string });
    expect(isDead(worker, undefined)).toBe(false);
    await until(() => isDead(worker, undefined));
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });

  it('when the machine has been started anew', () => {
    const place = { ...thisPlace(), bootId: 'of yesterday' };
    expect(isDead(workerSpec({ ...self, place }), undefined)).toBe(true);
  });

  it.each([
    ['on another machine', { host: 'another', bootId: 'another', pidNamespace: 'another' }],
    ['in another container', { ...thisPlace(), pidNamespace: 'pid:[1]' }],
  ])('by its lease alone %s', (_, place) => {
    expect(isDead(workerSpec({ ...gone, place }), undefined)).toBe(false);
  });

  it('when what its supervisor had to end has ended: the next worker of that one tells, or its end', () => {
    const supervised = workerSpec({ ...gone, supervisor: self });
    expect(isDead(supervised, undefined)).toBe(false);
    expect(isDead(supervised, { ...self, startTime: '1' })).toBe(false);
    expect(isDead(supervised, self)).toBe(true);
    expect(isDead(workerSpec({ ...gone, supervisor: gone }), undefined)).toBe(true);
  });
});
