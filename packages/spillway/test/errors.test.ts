/** docs/errors.md lists every public error class, and each has a code. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as channel from '../src/channel.js';
import * as doctor from '../src/doctor/index.js';
import * as main from '../src/index.js';
import * as pipe from '../src/pipe.js';
import * as sync from '../src/sync/index.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/errors.md', import.meta.url)), 'utf8');
const doors = {
  spillway: main,
  'spillway/channel': channel,
  'spillway/pipe': pipe,
  'spillway/doctor': doctor,
  'spillway/sync': sync,
};

interface Row {
  readonly name: string;
  readonly doors: readonly string[];
  readonly codes: readonly string[];
}

/** The first table of the page. */
const rows: Row[] = page
  .split('\n')
  .filter((line) => /^\| `\w+Error`/.test(line))
  .map((line) => {
    const [, name = '', exportedBy = '', code = ''] = line.split('|');
    const words = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
    return { name: words(name)[0] as string, doors: words(exportedBy), codes: words(code) };
  });

const exported = Object.entries(doors).flatMap(([door, names]) =>
  Object.entries(names)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Error)
    .map(([name]) => ({ door, name })),
);

describe('docs/errors.md', () => {
  it('has a row for every exported error class, with the doors that export it', () => {
    expect(rows.length).toBeGreaterThan(25);
    for (const { name, doors: listed } of rows) {
      const actual = exported.filter((one) => one.name === name).map(({ door }) => door);
      expect([...listed].sort(), name).toEqual(actual.sort());
    }
    expect([...new Set(exported.map(({ name }) => name))].sort()).toEqual(
      rows.map(({ name }) => name).sort(),
    );
  });

  it('names codes of one kind: the system names of refusals, and ERR_ words for the rest', () => {
    const systems = ['StartError', 'SystemError', 'SpillError'];
    for (const { name, codes } of rows) {
      if (name === 'RemoteError' || name === 'ChannelError') continue;
      expect(codes.length, name).toBeGreaterThan(0);
      const form = systems.includes(name) ? /^E[A-Z0-9]+$/ : /^ERR_[A-Z_]+$/;
      for (const code of codes) expect(code, name).toMatch(form);
    }
  });
});

describe('an error without a class of its own', () => {
  it('has a code that the page names', async () => {
    const { run, start } = main;
    const failureOf = (promise: Promise<unknown>) => promise.then(() => undefined).catch((e) => e);
    const child = start('sh', ['-c', 'echo long line']);
    const found = [
      await failureOf(child.stdout.lines({ maxLength: 3 }).next()),
      await failureOf((async () => child.stdout.lines().next())()),
      await failureOf((async () => child.stdout.lines({ maxLength: 0 }))()),
      await failureOf((async () => child.resize({ rows: 3 }))()),
      await failureOf((async () => doctor.judge([]))()),
    ];
    await failureOf(child.result);
    const { output } = await run('seq', ['100'], { memory: 0 });
    output.stdout.close();
    found.push(await failureOf(output.stdout.text()));
    const codes = found.map((error) => error?.code);
    expect(codes).toEqual([
      'ERR_LINE_TOO_LONG',
      'ERR_STREAM_READ_TWICE',
      'ERR_INVALID_ARG_VALUE',
      'ERR_NO_TERMINAL',
      'ERR_INVALID_ARG_VALUE',
      'ERR_OUTPUT_CLOSED',
    ]);
    for (const code of codes) expect(page).toContain(`\`${code}\``);
  });
});

describe('a RunError', () => {
  it.each([
    ['ERR_RUN_EXIT', 'exit 3', {}],
    ['ERR_RUN_SIGNAL', 'kill -9 $$', {}],
    ['ERR_RUN_TIMEOUT', 'sleep 60', { timeout: 50 }],
    ['ERR_RUN_IDLE', 'sleep 60', { idleTimeout: 50 }],
    ['ERR_RUN_ABORT', 'sleep 60', { signal: AbortSignal.timeout(50) }],
    ['ERR_RUN_OUTPUT_LIMIT', 'yes', { outputLimit: 10 }],
    [
      'ERR_RUN_ERROR',
      'echo a',
      {
        stdout: () => {
          throw new Error('full');
        },
      },
    ],
  ] as const)('has the code %s after sh -c %j', async (code, script, options) => {
    const { run, pipeline, RunError } = main;
    const error = await run('sh', ['-c', script], { ...options, diagnose: false }).catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error.code).toBe(code);
    if ('signal' in options) return;
    const whole = await pipeline([['sh', '-c', script]], { ...options, diagnose: false }).catch((e) => e);
    expect(whole.code).toBe(code);
  });
});
