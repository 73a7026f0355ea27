/** What a caller gives is called in the context (AsyncLocalStorage) of its own call, in any turn. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { WritableStream as WebWritable } from 'node:stream/web';
import { describe, expect, it } from 'vitest';
import { duplex } from '../../src/channel.js';
import { run, runSync, type StartOptions, start } from '../../src/index.js';
import { startPipeline } from '../../src/run/index.js';
import { describeOnce, posixOnly } from '../helpers/backend.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

const caller = new AsyncLocalStorage<string>();

/** Notes whose context it is called in. */
type Saw = () => boolean;

/** Carries `act` out as two callers side by side, among commands of a third. Gives what each of them saw. */
async function sideBySide(act: (saw: Saw, name: string) => Promise<unknown>): Promise<Set<string>> {
  const seen = new Set<string>();
  const others = caller.run('other', () =>
    [1, 2, 3].map(() => run('sh', ['-c', 'echo a; sleep 0.1; echo b'])),
  );
  const as = (name: string) =>
    caller.run(name, () => {
      const saw = () => {
        seen.add(`${name} sees ${caller.getStore()}`);
        return true;
      };
      return act(saw, name);
    });
  await Promise.all([as('one'), as('two'), ...others]);
  return seen;
}

const EACH_ITS_OWN = new Set(['one sees one', 'two sees two']);
/** Output that comes at the start, while it runs, in large pieces, and with the exit. */
const TALK = 'echo a; sleep 0.05; head -c 200000 /dev/zero; sleep 0.05; echo b';
const SCRIPTS = ['echo a', TALK];

const targets: [string, (saw: Saw) => NonNullable<StartOptions['stdout']>][] = [
  ['a function', (saw) => () => saw()],
  ['an asynchronous function', (saw) => async () => saw()],
  ['a Writable', (saw) => writable(saw)],
  ['a slow Writable', (saw) => slowWritable(saw)],
  ['a WritableStream', (saw) => new WebWritable({ write: () => void saw() }) as never],
  ['a list', (saw) => [() => saw(), slowWritable(saw)]],
];

function writable(saw: Saw): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      saw();
      done();
    },
  });
}

function slowWritable(saw: Saw): Writable {
  return new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      saw();
      setTimeout(done, 5);
    },
  });
}

describe('A target of output runs in the context of its call:', () => {
  it.each(targets)('%s', async (_name, make) => {
    for (const script of SCRIPTS) {
      const seen = await sideBySide((saw) => run('sh', ['-c', script], { stdout: make(saw) as never }));
      expect(seen).toEqual(EACH_ITS_OWN);
    }
  });

  posixOnly('pipelines need pipes')('at the end of a pipeline', async () => {
    for (const [, make] of targets) {
      const seen = await sideBySide(
        (saw) => startPipeline([['sh', '-c', TALK], ['cat']], { stdout: make(saw) as never }).result,
      );
      expect(seen).toEqual(EACH_ITS_OWN);
    }
  });

  posixOnly('pty needs posix_spawn')('on a terminal', async () => {
    const seen = await sideBySide((saw) => run('sh', ['-c', TALK], { pty: true, stdout: slowWritable(saw) }));
    expect(seen).toEqual(EACH_ITS_OWN);
  });

  posixOnly('runSync needs posix_spawn')('of runSync', async () => {
    const seen = await sideBySide(async (saw) => runSync('sh', ['-c', TALK], { stdout: () => saw() }));
    expect(seen).toEqual(EACH_ITS_OWN);
  });
});

const sources: [string, (saw: Saw) => NonNullable<StartOptions['input']>][] = [
  [
    'a generator',
    function* (saw) {
      for (let round = 0; round < 5; round++) {
        saw();
        yield 'x'.repeat(100_000);
      }
    } as (saw: Saw) => Iterable<string>,
  ],
  [
    'an asynchronous generator',
    async function* (saw) {
      for (let round = 0; round < 5; round++) {
        saw();
        yield 'x'.repeat(100_000);
      }
    } as (saw: Saw) => AsyncIterable<string>,
  ],
  ['a Readable', (saw) => readable(saw)],
  ['a ReadableStream', (saw) => Readable.toWeb(readable(saw)) as never],
  ['an old stream', (saw) => oldStream(saw)],
];

function readable(saw: Saw): Readable {
  let rounds = 0;
  return new Readable({
    read() {
      saw();
      this.push(rounds++ < 5 ? 'x'.repeat(100_000) : null);
    },
  });
}

/** One that has no more than events; `resume` asks for the next piece. */
function oldStream(saw: Saw): never {
  const stream = new EventEmitter() as EventEmitter & { pipe(): void; pause(): void; resume(): void };
  let rounds = 0;
  const resume = () => {
    saw();
    setImmediate(() => (rounds++ < 5 ? stream.emit('data', 'x'.repeat(100_000)) : stream.emit('end')));
  };
  return Object.assign(stream, { pipe: () => {}, pause: () => {}, resume }) as never;
}

describe('A source of input runs in the context of its call:', () => {
  it.each(sources)('%s', async (_name, make) => {
    const seen = await sideBySide(async (saw) => {
      const { stdout } = await run('sh', ['-c', 'sleep 0.05; wc -c'], { input: make(saw) });
      expect(Number(stdout)).toBe(500_000);
    });
    expect(seen).toEqual(EACH_ITS_OWN);
  });

  it.each<[string, (saw: Saw) => NonNullable<StartOptions['input']>]>([
    ['a generator', (saw) => endless(saw)],
    ['an asynchronous generator', (saw) => endlessAsync(saw)],
    [
      'a Readable',
      (saw) =>
        Object.assign(
          readable(() => true),
          { _destroy: destroyed(saw) },
        ),
    ],
    [
      'a ReadableStream',
      (saw) => new ReadableStream({ pull: (to) => to.enqueue(PIECE), cancel: () => void saw() }),
    ],
  ])('%s that the command does not read to its end is left in it', async (_name, make) => {
    const seen = await sideBySide((saw) => run('sh', ['-c', 'sleep 0.05; head -c 1'], { input: make(saw) }));
    expect(seen).toEqual(EACH_ITS_OWN);
  });
});

const PIECE = new Uint8Array(100_000);

function* endless(saw: Saw): Generator<Uint8Array> {
  try {
    for (;;) yield PIECE;
  } finally {
    saw();
  }
}

async function* endlessAsync(saw: Saw): AsyncGenerator<Uint8Array> {
  try {
    for (;;) yield PIECE;
  } finally {
    saw();
  }
}

function destroyed(saw: Saw): (error: Error | null, done: (error: Error | null) => void) => void {
  return (error, done) => {
    saw();
    done(error);
  };
}

describe('A function runs in the context of its call:', () => {
  it('a search for a line', async () => {
    const seen = await sideBySide(async (saw) => {
      const child = start('sh', ['-c', 'for i in 1 2 3 4; do echo $i; sleep 0.03; done']);
      await child.stdout.until((line) => saw() && line === '4');
      await child.result;
    });
    expect(seen).toEqual(EACH_ITS_OWN);
  });

  it('a question before the signal', async () => {
    const seen = await sideBySide((saw) => {
      const terminate = { ask: () => saw(), grace: 20 };
      // A timeout could come before the start on a busy machine, when there is nothing to ask.
      return start('sleep', ['1000'], { terminate, check: false }).terminate();
    });
    expect(seen).toEqual(EACH_ITS_OWN);
  });

  it('a loop over the output goes on in it', async () => {
    const seen = await sideBySide(async (saw) => {
      const child = start('sh', ['-c', TALK]);
      for await (const _line of child.stdout.lines()) saw();
      for await (const _line of start('sh', ['-c', TALK]).lines()) saw();
    });
    expect(seen).toEqual(EACH_ITS_OWN);
  });
});

describeOnce('A function of a channel runs in the context of its call:', () => {
  it('a method that is served', async () => {
    const seen = await sideBySide(async (saw, name) => {
      const [ours, theirs] = duplex();
      ours.serve({ ask: async () => saw() });
      await caller.run(`${name}'s caller`, async () => {
        await theirs.call('ask');
        await theirs.call('ask');
      });
      for (const end of [ours, theirs]) end.close();
    });
    expect(seen).toEqual(EACH_ITS_OWN);
  });

  it('a codec that decodes', async () => {
    const seen = await sideBySide(async (saw, name) => {
      const decode = (body: Buffer) => saw() && body.toString();
      const [ours, theirs] = duplex<string>({ codec: { encode: String, decode } } as never);
      const got = ours.receive();
      await caller.run(`${name}'s sender`, () => theirs.send('hi'));
      expect(await got).toBe('hi');
      for (const end of [ours, theirs]) end.close();
    });
    expect(seen).toEqual(EACH_ITS_OWN);
  });
});
