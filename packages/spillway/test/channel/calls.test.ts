/**
 * Request and reply: order, errors, cancellation, limits, and the fate of calls when the other side has gone.
 */
import { describe, expect, it } from 'vitest';
import {
  BadCallError,
  CallTimeoutError,
  ChannelBusyError,
  ChannelClosedError,
  ChannelEndedError,
  ChannelUseError,
  CodecError,
  type DuplexEnd,
  duplex,
  MessageTooLargeError,
  NotServedError,
  OptionError,
  RemoteError,
  UnknownMethodError,
} from '../../src/channel.js';
import { type Child, start } from '../../src/index.js';
import { failureOf, startPeer } from '../helpers/channels.js';
import { checkForLeaks, until } from '../helpers/leaks.js';

checkForLeaks();

type Pair = ReturnType<typeof duplex>;

/** Two ends in this process, closed after the body. */
async function between(
  body: (ours: DuplexEnd, theirs: DuplexEnd) => Promise<void>,
  [ours, theirs]: Pair = duplex(),
): Promise<void> {
  try {
    await body(ours, theirs);
  } finally {
    ours.close();
    theirs.close();
  }
}

/** A child that serves: what it is to do with its end `rpc`. */
async function withChild(
  script: string,
  body: (rpc: DuplexEnd, child: Child) => Promise<void>,
  { codec = 'json', limit }: { codec?: 'json' | 'v8'; limit?: number } = {},
): Promise<void> {
  const [ours, theirs] = duplex({ codec, limit });
  const given = JSON.stringify({ limit });
  const child = startPeer(`const rpc = inherited('rpc', ${given}); ${script}`, { rpc: theirs });
  try {
    await body(ours, child);
  } finally {
    ours.close();
    await child.result;
  }
}

describe('call()', () => {
  it.each(['json', 'v8'] as const)(
    'to a child resolves with its reply, with and without values (%s)',
    (codec) =>
      withChild(
        `rpc.serve({
           add: ([a, b]) => a + b, later: async (x) => ({ got: x }), nothing() {}, kind: (x) => typeof x,
         });`,
        async (rpc, child) => {
          expect(await rpc.call('add', [1, 2])).toBe(3);
          expect(await rpc.call('later', 'x'.repeat(300_000))).toEqual({ got: 'x'.repeat(300_000) });
          expect(await rpc.call('nothing', null)).toBe(undefined);
          expect(await rpc.call('kind')).toBe('undefined');
          expect(await rpc.call('kind', 'text')).toBe('string');
          await rpc.end();
          // A server lives as long as its channel.
          expect(await child.result).toMatchObject({ ok: true, stderr: '' });
        },
        { codec },
      ),
  );

  it('begins calls in their order and takes replies in any', () =>
    withChild(
      `
      const begun = [];
      let release;
      rpc.serve({
        first: () => { begun.push('first'); return new Promise((resolve) => { release = resolve; }); },
        second: () => { begun.push('second'); return 2; },
        third: () => { begun.push('third'); release(1); return begun; },
      });`,
      async (rpc) => {
        const answered: string[] = [];
        const call = (method: string) => rpc.call(method).finally(() => answered.push(method));
        const calls = [call('first'), call('second'), call('third')];
        expect(await Promise.all(calls)).toEqual([1, 2, ['first', 'second', 'third']]);
        expect(answered).toEqual(['second', 'third', 'first']);
      },
    ));

  it('waits for the other side to serve when it does not yet', () =>
    between(async (ours, theirs) => {
      const call = ours.call('hello');
      theirs.serve({ hello: () => 'there' });
      expect(await call).toBe('there');
    }));

  it('keeps the program alive until the reply has come, and not afterwards', () =>
    withChild(
      `
      process.stdout.write(await rpc.call('ask'));
      const given = await rpc.call('never', null, { timeout: 1 }).catch((error) => error.name);
      process.stdout.write(' ' + given);`,
      async (rpc, child) => {
        rpc.serve({ ask: () => 'answer', never: () => new Promise(() => {}) });
        // Our end stays open.
        expect(await child.result).toMatchObject({ ok: true, stdout: 'answer CallTimeoutError', stderr: '' });
      },
    ));

  it('goes both ways at once, and from within handlers', () =>
    withChild(
      `rpc.serve({
        countdown: async (n) =>
          n === 0 ? ['child 0'] : ['child ' + n, ...await rpc.call('countdown', n - 1)],
        twice: (n) => 2 * n,
        begin: async () => Promise.all(Array.from({ length: 1000 }, (_, n) => rpc.call('thrice', n))),
      });`,
      async (rpc) => {
        rpc.serve({
          countdown: async (n: number) =>
            n === 0 ? ['parent 0'] : [`parent ${n}`, ...(await rpc.call<string[]>('countdown', n - 1))],
          thrice: (n: number) => 3 * n,
        });
        const numbers = Array.from({ length: 1000 }, (_, n) => n);
        const [theirs, ...ours] = await Promise.all([
          rpc.call<number[]>('begin'),
          ...numbers.map((n) => rpc.call<number>('twice', n)),
        ]);
        expect(theirs).toEqual(numbers.map((n) => 3 * n));
        expect(ours).toEqual(numbers.map((n) => 2 * n));
        expect(await rpc.call('countdown', 5)).toEqual([
          'child 5',
          'parent 4',
          'child 3',
          'parent 2',
          'child 1',
          'parent 0',
        ]);
      },
    ));

  it('with megabytes in both directions at once does not block', () =>
    withChild(
      `rpc.serve({ echo: (x) => x });
       const replies = await Promise.all([1, 2, 3].map(() => rpc.call('echo', 'y'.repeat(4e6))));
       process.exitCode = replies.length === 3 ? 0 : 1;
       await rpc.call('done');`,
      async (rpc, child) => {
        let done: () => void = () => {};
        const isDone = new Promise<void>((resolve) => {
          done = resolve;
        });
        rpc.serve({ echo: (x: string) => x, done: () => done() });
        const text = 'x'.repeat(4e6);
        const all = await Promise.all([1, 2, 3].map(() => rpc.call('echo', text)));
        expect(all.every((one) => one === text)).toBe(true);
        await isDone;
        await rpc.end();
        expect((await child.result).exitCode).toBe(0);
      },
    ));
});

describe('A failing call()', () => {
  it("rejects with the name, message, code and stack of the handler's error", () =>
    withChild(
      `
      class DivisionError extends RangeError { name = 'DivisionError'; code = 'ERR_ZERO'; }
      rpc.serve({
        divide: () => { throw new DivisionError('by zero'); },
        later: async () => { throw Object.assign(new Error('late'), { code: 7 }); },
      });`,
      async (rpc) => {
        const error = (await failureOf(rpc.call('divide'))) as unknown as RemoteError;
        expect(error).toBeInstanceOf(RemoteError);
        expect(error).toMatchObject({
          name: 'DivisionError',
          code: 'ERR_ZERO',
          method: 'divide',
          message: "'divide' failed on the other side: by zero",
          remoteMessage: 'by zero',
        });
        expect(error.remoteStack).toMatch(/by zero\n +at .*program-/);
        expect(error.stack).toMatch(/^DivisionError: 'divide' failed/);
        expect(await failureOf(rpc.call('later'))).toMatchObject({ name: 'Error', code: 7 });
      },
    ));

  it.each([
    ['undefined', 'undefined', 'undefined was thrown, which is not an Error'],
    ['text', "'no error'", "'no error' was thrown, which is not an Error"],
    ['a rejection with nothing', 'Promise.reject()', 'undefined was thrown'],
    ['an object without a prototype', 'Object.create(null)', 'was thrown, which is not an Error'],
    [
      'an error that cannot be read',
      "Object.defineProperty(new Error(''), 'message', { get() { throw 1; } })",
      'what was thrown cannot be read',
    ],
  ])('rejects with RemoteError when the handler throws %s', (_, thrown, message) =>
    withChild(`rpc.serve({ bad: async () => { throw await ${thrown}; } });`, async (rpc) => {
      const error = (await failureOf(rpc.call('bad'))) as unknown as RemoteError;
      expect(error).toBeInstanceOf(RemoteError);
      expect(error.remoteMessage).toContain(message);
    }),
  );

  it('rejects with UnknownMethodError for an unknown method, names such as constructor included', () =>
    withChild('rpc.serve({ there: () => 1 });', async (rpc) => {
      for (const method of ['missing', 'constructor', '__proto__', 'toString', '']) {
        const error = await failureOf(rpc.call(method));
        expect(error).toBeInstanceOf(UnknownMethodError);
        expect(error).toMatchObject({ method, message: `the other side has no method '${method}'` });
      }
      expect(await rpc.call('there')).toBe(1);
    }));

  it('rejects alone when its value or its reply cannot be encoded', () =>
    withChild(
      `rpc.serve({
         echo: (x) => x, odd: () => ({ n: 1n }), huge: () => 'x'.repeat(2000),
         wild: () => { throw new Error('y'.repeat(2000)); },
       });`,
      async (rpc) => {
        const results = await Promise.allSettled([
          rpc.call('echo', 1),
          rpc.call('echo', 1n),
          rpc.call('odd'),
          rpc.call('echo', 'x'.repeat(2000)),
          rpc.call('huge'),
          rpc.call('wild'),
          rpc.call('echo', 2),
        ]);
        const told = results.map((one) => (one.status === 'fulfilled' ? one.value : one.reason));
        expect(told).toEqual([
          1,
          expect.any(CodecError),
          expect.any(RemoteError),
          expect.any(MessageTooLargeError),
          expect.any(RemoteError),
          expect.any(RemoteError),
          2,
        ]);
        expect(told[2]).toMatchObject({ name: 'CodecError', code: 'ERR_CHANNEL_CODEC' });
        expect(told[4]).toMatchObject({ name: 'MessageTooLargeError' });
      },
      { limit: 1000 },
    ));

  it('rejects when the other process is killed before it has answered', () =>
    withChild(
      `const hang = () => { process.stdout.write('busy'); return new Promise(() => {}); };
       rpc.serve({ hang }, { concurrency: 2 });`,
      async (rpc, child) => {
        const calls = [1, 2, 3].map(() => failureOf(rpc.call('hang')));
        await until(() => child.pid > 0);
        const first = rpc.call('hang', null, { timeout: '1ms' }).catch(() => {});
        await first;
        await child.kill('SIGKILL');
        for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(ChannelEndedError);
        await expect(rpc.call('hang')).rejects.toThrow(ChannelEndedError);
      },
    ));

  it('rejects when this end is closed', () =>
    between(async (ours, theirs) => {
      const reasons: unknown[] = [];
      const serving = theirs.serve({
        hang: (_, { signal }) =>
          new Promise<void>((resolve) => {
            signal.onabort = () => {
              reasons.push(signal.reason);
              resolve();
            };
          }),
        ready: () => true,
      });
      const hanging = failureOf(ours.call('hang'));
      expect(await ours.call('ready')).toBe(true);
      ours.close();
      expect(await hanging).toBeInstanceOf(ChannelClosedError);
      // The handler learns that its caller has gone, and the server that it is over.
      await serving.finished;
      expect(reasons).toEqual([expect.any(ChannelEndedError)]);
      expect(() => theirs.serve({})).toThrow(ChannelEndedError);
    }));

  it('rejects with BadCallError, as serve() does, when the other side sends what is no call', () =>
    withChild(`await rpc.send({ hello: 'there' }); await rpc.receive().catch(() => {});`, async (rpc) => {
      const serving = rpc.serve({});
      const error = await failureOf(rpc.call('any'));
      expect(error).toBeInstanceOf(BadCallError);
      expect(error.message).toContain("but { hello: 'there' }");
      await expect(serving.finished).rejects.toThrow(BadCallError);
      await expect(rpc.call('any')).rejects.toThrow(BadCallError);
    }));

  it.each([
    ['a reply to nothing', "['result', 5]", 'a reply to the number 5'],
    ['an unknown word', "['shout', 1]", "'shout'"],
    ['a call whose number is none', "['call', 'x', 'y']", "'call'"],
    [
      'a call under way again',
      "['call', 1, 'hang']); await rpc.send(['call', 1, 'hang']",
      'number 1, which is',
    ],
  ])('rejects with BadCallError when the other side sends %s', (_, sent, message) =>
    withChild(`await rpc.send(${sent}); await rpc.receive().catch(() => {});`, async (rpc) => {
      const serving = rpc.serve({ hang: () => new Promise(() => {}) });
      const error = await failureOf(rpc.call('any'));
      expect(error).toBeInstanceOf(BadCallError);
      expect(error.message).toContain(message);
      serving.finished.catch(() => {});
    }),
  );
});

describe('A call() that is given up', () => {
  const hang = `
    let told = 0;
    rpc.serve({
      hang: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => {
        told++;
        resolve('too late: ' + signal.reason.name);
      })),
      told: () => told,
      ready: () => 'ready',
    });`;

  it('by a timeout aborts the signal of the handler, and its reply is dropped', () =>
    withChild(hang, async (rpc) => {
      expect(await rpc.call('ready')).toBe('ready');
      const error = await failureOf(rpc.call('hang', null, { timeout: 20 }));
      expect(error).toBeInstanceOf(CallTimeoutError);
      expect(error).toMatchObject({ method: 'hang', timeoutMs: 20, state: 'called' });
      expect(error.message).toMatch(/no reply to 'hang' within 20 ms: the other side was asked/);
      // Behind the cancellation in the pipe.
      expect(await rpc.call('told')).toBe(1);
    }));

  it('by a signal rejects with the reason of the signal', () =>
    withChild(hang, async (rpc) => {
      const controller = new AbortController();
      const calls = Array.from({ length: 20 }, () =>
        rpc.call('hang', null, { signal: controller.signal }).catch((reason: unknown) => reason),
      );
      expect(await rpc.call('ready')).toBe('ready');
      controller.abort('enough');
      expect(await Promise.all(calls)).toEqual(calls.map(() => 'enough'));
      expect(await rpc.call('told')).toBe(20);
      const before = rpc.call('ready', null, { signal: controller.signal });
      expect(await before.catch((reason: unknown) => reason)).toBe('enough');
    }));

  it('before the other side serves, or while it is busy, has sent nothing', () =>
    between(async (ours, theirs) => {
      const early = await failureOf(ours.call('early', null, { timeout: 1 }));
      expect(early).toMatchObject({ state: 'not served' });
      const begun: string[] = [];
      let release: () => void = () => {};
      theirs.serve(
        {
          hang: (name: string) => {
            begun.push(name);
            return new Promise<void>((resolve) => {
              release = resolve;
            });
          },
        },
        { concurrency: 1 },
      );
      const first = ours.call('hang', 'first');
      await until(() => begun.length === 1);
      expect(await failureOf(ours.call('hang', 'second', { timeout: 1 }))).toMatchObject({
        state: 'waiting',
      });
      release();
      await first;
      const third = ours.call('hang', 'third');
      await until(() => begun.length === 2);
      release();
      await third;
      expect(begun).toEqual(['first', 'third']);
    }));

  it('keeps its slot until its handler is done', () =>
    between(async (ours, theirs) => {
      let release: () => void = () => {};
      let running = 0;
      theirs.serve(
        {
          stubborn: () => {
            running++;
            return new Promise<void>((resolve) => {
              release = resolve;
            }).finally(() => running--);
          },
          count: () => running,
        },
        { concurrency: 1 },
      );
      await expect(ours.call('stubborn', null, { timeout: 20 })).rejects.toThrow(CallTimeoutError);
      await until(() => running === 1);
      const next = ours.call('count');
      release();
      expect(await next).toBe(0);
    }));
});

describe('Many calls', () => {
  it('10,000 at once, are served as many at a time as concurrency says, in bounded memory', () =>
    withChild(
      `
      let running = 0, most = 0, peak = 0;
      const first = process.memoryUsage().rss;
      rpc.serve({
        work: async ({ n, text }) => {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running--;
          peak = Math.max(peak, process.memoryUsage().rss);
          return { n, length: text.length };
        },
        stats: () => ({ most, grownMB: (peak - first) / 1e6 }),
      }, { concurrency: 16 });`,
      async (rpc) => {
        // 640 MB, if they were all there.
        const text = 'x'.repeat(64_000);
        const replies = await Promise.all(
          Array.from({ length: 10_000 }, (_, n) => rpc.call('work', { n, text })),
        );
        expect(replies.every((reply, n) => (reply as { n: number }).n === n)).toBe(true);
        const { most, grownMB } = await rpc.call<{ most: number; grownMB: number }>('stats');
        expect(most).toBe(16);
        expect(grownMB).toBeLessThan(200);
      },
    ));

  it('from a caller that ignores the concurrency of the server wait in the pipe', () =>
    withChild(
      `
      await rpc.receive();
      let sent = 0;
      for (let id = 1; id <= 200; id++)
        void rpc.send(['call', id, 'work', 'x'.repeat(1000)]).then(() => sent++);
      const seen = new Set();
      while (seen.size < 200) { const [kind, id] = await rpc.receive(); if (kind === 'result') seen.add(id); }
      process.stdout.write(String(seen.size));`,
      async (rpc, child) => {
        let running = 0;
        let most = 0;
        let letGo = () => {};
        // However slowly they come: none is answered before three are there.
        const three = new Promise<void>((resolve) => {
          letGo = resolve;
        });
        rpc.serve(
          {
            work: async () => {
              most = Math.max(most, ++running);
              if (running === 3) letGo();
              await three;
              await new Promise(setImmediate);
              running--;
            },
          },
          { concurrency: 3 },
        );
        expect(await child.result).toMatchObject({ ok: true, stdout: '200', stderr: '' });
        expect(most).toBe(3);
      },
    ));
});

describe('serve()', () => {
  it('stops at once when a handler closes the end, and leaves no call waiting', () =>
    between(async (ours, theirs) => {
      const begun: number[] = [];
      const own = failureOf(theirs.call('any'));
      const serving = theirs.serve({
        leave: (n: number) => {
          begun.push(n);
          theirs.close();
        },
      });
      const calls = [1, 2, 3].map((n) => failureOf(ours.call('leave', n)));
      for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(ChannelEndedError);
      expect(await own).toBeInstanceOf(ChannelClosedError);
      await serving.finished;
      expect(begun).toEqual([1]);
    }));

  it('refuses calls after close() has answered what was asked, until it serves again', () =>
    between(async (ours, theirs) => {
      let release: (value: string) => void = () => {};
      let isBegun = false;
      const serving = theirs.serve({
        slow: () => {
          isBegun = true;
          return new Promise((resolve) => {
            release = resolve;
          });
        },
      });
      const slow = ours.call('slow');
      await until(() => isBegun);
      const crossing = failureOf(ours.call('slow'));
      const closed = serving.close();
      expect(() => theirs.serve({})).toThrow(ChannelUseError);
      release('done');
      expect(await slow).toBe('done');
      // It was on its way when the server closed.
      expect(await crossing).toBeInstanceOf(NotServedError);
      await closed;
      await serving.finished;
      await expect(ours.call('slow')).rejects.toThrow(NotServedError);
      await using _ = theirs.serve({ again: () => 'again', ready: () => ours.serve({ back: () => 'back' }) });
      ours.serve({ back: () => 'back' });
      expect(await theirs.call('back')).toBe('back');
      expect(await ours.call('again')).toBe('again');
    }));

  it('finishes when the other side ends the channel, and its own calls are still answered', () =>
    withChild(
      `
      const call = rpc.call('slow');
      await rpc.call('ready');
      await rpc.end();
      process.stdout.write(await call);`,
      async (rpc, child) => {
        let release: (value: string) => void = () => {};
        const serving = rpc.serve({
          slow: () =>
            new Promise((resolve) => {
              release = resolve;
            }),
          ready: (_, { signal }) => {
            signal.addEventListener('abort', () => {});
          },
        });
        const failure = failureOf(rpc.call('any'));
        expect(await failure).toBeInstanceOf(ChannelEndedError);
        release('answered');
        await serving.finished;
        expect(await child.result).toMatchObject({ ok: true, stdout: 'answered', stderr: '' });
      },
    ));

  it('and call() refuse an end that is used for messages, or has a codec for bytes', async () => {
    await between(async (ours, theirs) => {
      const waiting = ours.receive();
      await expect(ours.call('any')).rejects.toThrow(ChannelUseError);
      await theirs.send('message');
      expect(await waiting).toBe('message');
      // Messages first, then calls, is fine.
      theirs.serve({ any: () => 1 });
      expect(await ours.call('any')).toBe(1);
      for (const end of [ours, theirs]) {
        await expect(end.send(1)).rejects.toThrow(/makes or serves calls/);
        await expect(end.receive()).rejects.toThrow(ChannelUseError);
        expect(() => end.batches()).toThrow(ChannelUseError);
        expect(() => end[Symbol.asyncIterator]()).toThrow(ChannelUseError);
      }
      const pass = () => start('true', [], { channels: { rpc: ours } });
      expect(pass).toThrow(expect.objectContaining({ cause: expect.any(ChannelBusyError) }));
    });
    const [ours, theirs] = duplex({ codec: 'raw' });
    await expect(ours.call('any')).rejects.toThrow(/give the channel the codec 'json' or 'v8'/);
    expect(() => theirs.serve({})).toThrow(ChannelUseError);
    ours.close();
    theirs.close();
  });

  it('rejects handlers and options of the wrong type', () =>
    between(async (ours) => {
      for (const handlers of [undefined, null, 1, { a: 1 }])
        expect(() => ours.serve(handlers as never)).toThrow(OptionError);
      for (const concurrency of [0, 1.5, -1, '4', Number.NaN])
        expect(() => ours.serve({}, { concurrency } as never)).toThrow(OptionError);
      expect(() => ours.serve({}, { concurency: 1 } as never)).toThrow(OptionError);
      await expect(ours.call(1 as never)).rejects.toThrow(OptionError);
      await expect(ours.call('any', null, { timeout: 'soon' })).rejects.toThrow(OptionError);
    }));
});
