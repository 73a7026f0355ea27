/** Values of another realm (node:vm, jsdom in a test runner) are taken like our own. */
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { duplex } from '../../src/channel.js';
import { pipeline, run, runSync, start, startPipeline } from '../../src/index.js';
import { describeOnce, posixOnly } from '../helpers/backend.js';
import { errorOf } from '../helpers/errors.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

const realm = createContext({ URL, setImmediate });

/** The value of an expression there. */
function there<T = never>(expression: string): T {
  return runInContext(`(${expression})`, realm) as T;
}

const BYTES = 'new Uint8Array([104, 105])';
const SHARED =
  '(() => { const bytes = new Uint8Array(new SharedArrayBuffer(2)); bytes.set([104, 105]); return';
const DATA = [
  BYTES,
  'new Uint16Array([0x6968])',
  `${BYTES}.buffer`,
  `new DataView(${BYTES}.buffer)`,
  `${SHARED} bytes; })()`,
  `${SHARED} bytes.buffer; })()`,
  '["h", new Uint8Array([105])]',
  'new Set(["h", "i"])',
  'new Map([[1, "h"], [2, "i"]]).values()',
  '(function* () { yield "h"; yield new Uint8Array([105]); })()',
];
const ASYNCHRONOUS = [
  '(async function* () { yield "h"; yield new Uint8Array([105]); })()',
  `({
    on(event, tell) { if (event !== "error") setImmediate(tell, event === "data" ? "hi" : undefined) },
    pipe() {}
  })`,
];

describe('Of another realm', () => {
  it.each([...DATA, ...ASYNCHRONOUS])('%s is input and stdin', async (expression) => {
    expect((await run('cat', { input: there(expression) })).stdout).toBe('hi');
    expect((await run('cat', { stdin: there(expression) })).stdout).toBe('hi');
  });

  posixOnly('runSync and pipelines need posix_spawn')('data is input of the other verbs', async () => {
    for (const expression of DATA) {
      expect(runSync('cat', { input: there(expression) }).stdout).toBe('hi');
      expect((await pipeline([['cat'], ['cat']], { input: there(expression) })).stdout).toBe('hi');
    }
  });

  it('arguments, options and nested ones are taken', async () => {
    const args = there<string[]>('["-c", "echo $X; pwd; echo e >&2"]');
    const options = there(`{
      cwd: "/", env: { X: "y" }, timeout: 60000, terminate: { signal: "SIGTERM", grace: 10 },
      outputLimit: { stdout: 100 }, stdout: ["capture", { file: "/dev/null" }], stderr: { tail: 1 }
    }`);
    expect(await run('sh', args, options)).toMatchObject({ stdout: 'y\n/', cwd: '/' });
    const url = there('new (class { href = "file:///etc/"; protocol = "file:" })()');
    expect((await run('pwd', { cwd: url })).stdout).toBe('/etc');
  });

  posixOnly('limits, pty and pipelines need posix_spawn')(
    'lists of commands and sizes are taken',
    async () => {
      expect((await run('stty', ['size'], there('{ pty: { rows: 7 } }'))).stdout).toBe('7 80');
      expect((await run('sh', ['-c', 'ulimit -n'], there('{ limits: { openFiles: 50 } }'))).stdout).toBe(
        '50',
      );
      const commands = () => there<[string[], string[]]>('[["echo", "a"], { file: "cat", env: { A: "b" } }]');
      expect((await pipeline(commands(), there('{ timeout: 60000 }'))).stdout).toBe('a');
      expect((await startPipeline(commands()).result).stdout).toBe('a');
    },
  );

  it('an AbortSignal ends a command, with its reason', async () => {
    const Controller = there<new () => AbortController>(ABORT_CONTROLLER);
    for (const [reason, text] of [
      ['undefined', 'sleep 1000 was aborted after'],
      ['new TypeError("the user left")', 'the user left'],
      ['{ odd: 1 }', '{ odd: 1 }'],
    ] as const) {
      const controller = new Controller();
      const running = run('sleep', ['1000'], { signal: controller.signal });
      controller.abort(there(reason));
      const error = await errorOf(running, Error);
      expect(error).toMatchObject({ code: 'ERR_RUN_ABORT', cause: controller.signal.reason });
      expect(error.message).toContain(text);
      expect(error.message).not.toContain('AbortError');
      expect((controller.signal as unknown as { count: number }).count).toBe(0);
      const late = await errorOf(run('sleep', ['1000'], { signal: controller.signal }), Error);
      expect(late).toMatchObject({ code: 'ERR_RUN_ABORT', cause: controller.signal.reason });
    }
  });

  it.each([
    ['a function for output', { stdout: '() => { throw new RangeError("theirs") }' }],
    ['an asynchronous one', { stdout: 'async () => { throw new RangeError("theirs") }' }],
    ['a generator for input', { input: '(function* () { yield "a"; throw new RangeError("theirs"); })()' }],
  ])('%s may throw an error', async (_what, wishes) => {
    const options = Object.fromEntries(Object.entries(wishes).map(([name, wish]) => [name, there(wish)]));
    const error = await errorOf(run('sh', ['-c', 'echo a; cat'], options), Error);
    expect(error.message).toMatch(/was ended after .*: theirs/);
    expect((error.cause as Error).name).toBe('RangeError');
  });

  it('a function of output may return a promise, for which the command waits', async () => {
    const late = there<(chunk: Buffer) => unknown>('() => new Promise((resolve) => setImmediate(resolve))');
    expect((await run('echo', ['hi'], { stdout: ['capture', late] })).stdout).toBe('hi');
  });

  it('an expression, a function and options search for a line', async () => {
    const child = start('sh', ['-c', 'echo a; echo b; printf "c\\rd"']);
    expect(await child.stdout.until(there<RegExp>('/a/'), there('{ timeout: 60000 }'))).toBe('a');
    expect(await child.stdout.until(there<() => boolean>('(line) => line === "b"'))).toBe('b');
    const lines: string[] = [];
    for await (const line of child.stdout.lines(there('{ ends: "any" }'))) lines.push(line);
    expect(lines).toEqual(['c', 'd']);
    await child.result;
  });
});

/** As jsdom has it: its own classes, and a reason that is no Error of ours. */
const ABORT_CONTROLLER = `(() => {
  class Signal {
    aborted = false;
    reason = undefined;
    #listeners = new Set();
    get count() { return this.#listeners.size; }
    addEventListener(type, listener) { this.#listeners.add(listener); }
    removeEventListener(type, listener) { this.#listeners.delete(listener); }
    fire() { for (const listener of this.#listeners) listener({ type: "abort" }); }
  }
  return class {
    signal = new Signal();
    abort(reason = { name: "AbortError", message: "signal is aborted without reason" }) {
      this.signal.aborted = true;
      this.signal.reason = reason;
      this.signal.fire();
    }
  };
})()`;

describeOnce('Over a channel', () => {
  it.each([
    ['json', '{ d: new Date(0), a: [1] }', { d: '1970-01-01T00:00:00.000Z', a: [1] }],
    ['v8', 'new Map([[1, new Date(0)]])', new Map([[1, new Date(0)]])],
    ['raw', 'new Uint8Array([104])', Buffer.from('h')],
    ['raw', 'new Uint8Array([104]).buffer', Buffer.from('h')],
  ])('values of another realm are sent with the codec %s: %s', async (codec, message, received) => {
    const [ours, theirs] = duplex(there(`{ codec: "${codec}" }`));
    const got = theirs.receive(there('{ timeout: 60000 }'));
    await ours.send(there(message));
    expect(await got).toEqual(received);
    for (const end of [ours, theirs]) end.close();
  });

  it('a codec and methods of another realm are used, and their errors carried', async () => {
    const codec = '{ encode: (text) => new Uint8Array([text.length]), decode: (bytes) => bytes[0] }';
    const [ours, theirs] = duplex({ codec: there<never>(codec) });
    const got = theirs.receive();
    await ours.send('four' as never);
    expect(await got).toBe(4);
    const [server, client] = duplex();
    server.serve(there('{ add: ([a, b]) => a + b, fail() { throw new TypeError("theirs"); } }'));
    expect(await client.call('add', there('[1, 2]'))).toBe(3);
    expect(await errorOf(client.call('fail'), Error)).toMatchObject({
      name: 'TypeError',
      remoteMessage: 'theirs',
    });
    for (const end of [ours, theirs, server, client]) end.close();
  });
});
