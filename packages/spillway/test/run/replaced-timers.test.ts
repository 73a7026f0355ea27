/** Fake timers: what a test runner puts in the place of Node's timers and clocks stops no run. */
import { describe, expect, it, vi } from 'vitest';
import { run, runSync, start } from '../../src/index.js';
import { backend } from '../helpers/backend.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

const LARGE = 'head -c 200000 /dev/zero; sleep 0.1';

describe('With replaced timers', () => {
  it('all output of a child that writes for a while arrives, in each of several runs', async () => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'Date'],
    });
    try {
      for (let round = 0; round < 2; round++) {
        const { stdout } = await run('sh', ['-c', LARGE], { timeout: '20s' });
        expect(stdout.length).toBe(200_000);
      }
      const child = start('sh', ['-c', 'echo a; sleep 0.1; echo b']);
      const lines: string[] = [];
      for await (const line of child.stdout.lines()) lines.push(line);
      expect(lines).toEqual(['a', 'b']);
      await child.result;
      if (backend === 'posix') {
        const { reason } = runSync('sleep', ['20'], { timeout: 50, check: false });
        expect(reason).toBe('timeout');
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('a timeout and the grace period pass in real time', async () => {
    const finished = await runNode(
      `
      const never = () => ({ ref() {}, unref() {} });
      for (const kind of ['Timeout', 'Interval', 'Immediate'])
        globalThis['set' + kind] = globalThis['clear' + kind] = never;
      globalThis.queueMicrotask = never;
      performance.now = () => 0;
      process.nextTick = never;
      globalThis.Date = class { };
      const stubborn = 'trap "" TERM; echo ready; while :; do sleep 1; done';
      const options = { timeout: 300, terminate: { grace: 100 }, check: false };
      const { reason, signal, stdout, startedAt } = await run('sh', ['-c', stubborn], options);
      const text = [reason, signal, stdout, startedAt.getTime() > 1e12].join(' ');
      process._rawDebug(text);
      process.exit(0);
    `,
      { timeoutMs: 20_000 },
    );
    expect(finished).toMatchObject({ signal: null, stderr: 'timeout SIGKILL ready true\n' });
  });

  it("loads among a browser's timers, as jsdom has them", async () => {
    const ofBrowser =
      'globalThis.setTimeout = globalThis.setInterval = () => 1; delete globalThis.setImmediate;';
    const script = `
      const child = start('sh', ['-c', 'sleep 0.1; echo a; sleep 0.1; head -c 200000 /dev/zero']);
      process._rawDebug((await child.result).stdout.length);
      process._rawDebug((await run('sleep', ['1000'], { timeout: 50, check: false })).reason);
      process.exit();
    `;
    const options = `NODE_OPTIONS=--import=data:text/javascript,${encodeURIComponent(ofBrowser)}`;
    const finished = await runNode(script, { via: ['env', options] });
    expect(finished).toMatchObject({ signal: null, stderr: '200002\ntimeout\n' });
  });

  it.each(['before the start', 'while it runs'])(
    'no stream sticks where ticks are, replaced %s',
    async (when) => {
      const finished = await runNode(WITHOUT_TICKS, { args: [when, channel], timeoutMs: 50_000 });
      expect(finished).toMatchObject({ signal: null, stderr: 'done\n' });
    },
  );
});

const channel = new URL('../../dist/channel.js', import.meta.url).href;

/** Without a tick, Node's streams neither call back, nor drain, nor end. */
const WITHOUT_TICKS = `
  import { Writable } from 'node:stream';
  const [when, channel] = process.argv.slice(2);
  const { duplex } = await import(channel);
  const LARGE = 'x'.repeat(300_000);
  const isPosix = process.env.SPILLWAY_BACKEND !== 'node';
  const script = (text, options) => run('sh', ['-c', text], options);
  const generate = async function* () {
    yield LARGE;
    yield 'a';
  };
  const acts = {
    input: async () => (await run('cat', { input: LARGE })).stdout.length,
    lateReader: async () => (await script('sleep 0.05; wc -c', { input: LARGE })).stdout,
    list: async () => (await run('cat', { input: [LARGE, LARGE] })).stdout.length,
    generator: async () => (await run('cat', { input: generate() })).stdout.length,
    pipe: async () => {
      const child = start('cat', { stdin: 'pipe' });
      child.stdin.write('a');
      child.stdin.end(LARGE);
      return (await child.result).stdout.length;
    },
    left: async () => {
      const child = start('cat', { stdin: 'pipe' });
      child.stdin.destroy();
      return (await child.result).stdout;
    },
    slowTarget: async () => {
      let seen = 0;
      const write = (chunk, encoding, done) => ((seen += chunk.length), setTimeout(done, 1));
      await script('head -c 500000 /dev/zero', { stdout: new Writable({ write }) });
      return seen;
    },
    file: async () => {
      const path = process.env.TMPDIR + '/file';
      await script('head -c 500000 /dev/zero', { stdout: ['capture', { file: path }] });
      return (await run('wc', ['-c', path])).stdout;
    },
    namedPipe: async () => {
      const path = process.env.TMPDIR + '/fifo' + Math.random();
      await run('mkfifo', [path]);
      const writing = run('sh', ['-c', 'head -c 300000 /dev/zero >"$0"', path]);
      const { stdout } = await run('wc', ['-c'], { stdin: { file: path } });
      await writing;
      return stdout;
    },
    spilled: async () => (await script('head -c 2000000 /dev/zero', { memory: 10 })).output.stdout.size,
    lines: async () => {
      let count = 0;
      for await (const line of start('seq', ['30000']).stdout.lines()) count++;
      return count;
    },
    leftovers: async () => (await script('(sleep 0.1; echo late) & echo now', { leftovers: 'wait' })).stdout,
    timeout: async () => (await run('sleep', ['1000'], { timeout: 50, check: false })).reason,
  };
  const ofPosix = {
    pipeline: async () => (await pipeline([['cat'], ['cat']], { input: LARGE })).stdout.length,
    pty: async () => (await script('echo a; sleep 0.05; seq 1000', { pty: true })).stdout.length,
    typed: async () => {
      const options = { pty: true, input: 'x\\n'.repeat(8000) };
      return /\\d+$/.exec((await script('head -c 16000 | wc -c', options)).stdout)[0];
    },
    channel: async () => {
      const [ours, theirs] = duplex();
      const got = [theirs.receive(), theirs.receive()];
      for (const _ of got) await ours.send(LARGE);
      const lengths = (await Promise.all(got)).map(({ length }) => length);
      const ended = theirs.receive().catch(({ name }) => name);
      ours.close();
      lengths.push(await ended);
      theirs.close();
      return lengths.join();
    },
  };
  const own = process.nextTick;
  for (const [name, act] of Object.entries({ ...acts, ...(isPosix ? ofPosix : {}) })) {
    const before = String(await act());
    const replace = () => (process.nextTick = () => {});
    if (when === 'before the start') replace();
    const acting = act();
    replace();
    const watchdog = new Promise((resolve) => setTimeout(resolve, 20_000, 'nothing'));
    const after = String(await Promise.race([acting.catch(String), watchdog]));
    process.nextTick = own;
    if (after !== before) process._rawDebug(name, 'gives', after, 'not', before);
    if (after === 'nothing') process.exit();
  }
  process._rawDebug('done');
  process.exit();
`;
