/** Every row of the table of options, tried through the functions that read it. */
import { describe, expect, it } from 'vitest';
import { Lease, OptionError, pipeline, run, runSync, start, startPipeline } from '../../src/index.js';
import { OPTIONS, type OptionName } from '../../src/run/options/table.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

const names = Object.keys(OPTIONS) as OptionName[];

/** A value of each option that a verb refuses, or that only some verbs take. */
const VALUES: { readonly [Name in OptionName]?: unknown } = {
  pty: true,
  detached: true,
  suspended: true,
  channels: {},
  descriptors: { 3: 'inherit' },
  uid: 0,
  gid: 0,
  signal: new AbortController().signal,
  lease: new Lease('1m'),
};

const verbs = {
  run: (options: object) => run('true', [], options),
  start: (options: object) => start('true', [], options),
  runSync: (options: object) => runSync('true', [], options),
  pipeline: (options: object) => pipeline([['true']], options),
  startPipeline: (options: object) => startPipeline([['true']], options),
};

/** What a call throws or rejects with. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each(Object.entries(verbs))('%s()', (verb, call) => {
  it.each(names)('refuses a Symbol as the option %s, which the error names', async (name) => {
    const error = await errorOf(() => call({ [name]: Symbol('none of the allowed values') }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option: name });
  });

  it('refuses an option that is in no row, and lists those that are', async () => {
    const error = await errorOf(() => call({ tiemout: 5 }));
    expect(error).toMatchObject({ name: 'OptionError', option: 'options' });
    for (const name of names) expect((error as Error).message).toContain(name);
  });

  const refused = names.filter((name) => {
    const option: { refusals?: Readonly<Record<string, string>> } = OPTIONS[name];
    return option.refusals?.[verb] !== undefined && name !== 'channels';
  });
  it.each(refused)('refuses %s with the reason in its row', async (name) => {
    const error = await errorOf(() => call({ [name]: VALUES[name] }));
    const { refusals }: { refusals?: Readonly<Record<string, string>> } = OPTIONS[name];
    expect(error).toMatchObject({ name: 'OptionError', option: name });
    expect((error as Error).message).toContain(refusals?.[verb]);
  });
});

describe('undefined', () => {
  it('stands for the default of every option', async () => {
    const options = Object.fromEntries(names.map((name) => [name, undefined]));
    expect((await run('echo', ['a'], options)).stdout).toBe('a');
    expect((await start('echo', ['a'], options).result).stdout).toBe('a');
    expect((await pipeline([['echo', 'a'], ['cat']], options)).stdout).toBe('a');
  });
});

describe('an option', () => {
  it('is looked up among the own properties of the options alone', async () => {
    const options = Object.create({ timeout: 0, cwd: '/no/such/directory', tiemout: 1 });
    expect((await run('echo', ['a'], options)).stdout).toBe('a');
  });
});
