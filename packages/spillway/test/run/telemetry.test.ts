import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, start } from '../../src/index.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

const names = ['start', 'output', 'terminate', 'exit'].map((name) => `spillway:${name}`);
let heard: [name: string, message: Record<string, unknown>][] = [];
const listen = (message: unknown, name: string | symbol) => {
  heard.push([String(name).replace('spillway:', ''), message as Record<string, unknown>]);
};

beforeEach(() => {
  heard = [];
  for (const name of names) subscribe(name, listen);
});
afterEach(() => {
  for (const name of names) unsubscribe(name, listen);
});

describe('The diagnostics channels', () => {
  it('report the start, the output and the exit', async () => {
    const { pid } = await run('sh', ['-c', 'echo out; exit 3'], { check: false });
    expect(heard[0]).toMatchObject(['start', { pid, file: 'sh', args: ['-c', 'echo out; exit 3'] }]);
    expect(heard).toContainEqual(['output', { pid, stream: 'stdout', bytes: 4 }]);
    expect(heard.at(-1)).toMatchObject(['exit', { pid, reason: 'exit', exitCode: 3, signal: undefined }]);
    expect(heard).toHaveLength(3);
  });

  it('count every byte', async () => {
    await run('sh', ['-c', 'seq 1 50000; seq 1 50000 >&2'], { stderr: 'ignore' });
    const bytes = heard.filter(([name]) => name === 'output').map(([, message]) => message.bytes as number);
    expect(bytes.reduce((sum, count) => sum + count, 0)).toBe(288_894);
  });

  it('report why a child is ended', async () => {
    const { pid } = await run('sleep', ['20'], { timeout: 50, check: false });
    expect(heard).toContainEqual(['terminate', { pid, cause: 'timeout' }]);
    expect(heard.at(-1)).toMatchObject(['exit', { pid, reason: 'timeout', signal: 'SIGTERM' }]);
  });

  it('report nothing of a child that was not started', () => {
    expect(() => start('/no/such/program')).toThrow();
    expect(heard).toEqual([]);
  });
});
