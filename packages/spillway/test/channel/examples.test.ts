/** The examples in other languages, run as they are, and the Python module against what Node does. */
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { duplex, pipe, sharedPipe } from '../../src/channel.js';
import { type ByteStream, type Child, type RunOptions, run, start } from '../../src/index.js';
import { failureOf, startPeer } from '../helpers/channels.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { untilItWaits } from '../helpers/processes.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(3);

const examples = fileURLToPath(new URL('../../../../examples/', import.meta.url));

function startPython(script: string, channels: NonNullable<RunOptions['channels']>): Child {
  const imports =
    'import os, time\nfrom spillway_channel import *\nfrom spillway_shared import SharedWriter\n';
  const program = `${imports}${script}`;
  return start('python3', ['-B', '-c', program], {
    channels,
    env: { PYTHONPATH: `${examples}python` },
    check: false,
  }) as Child;
}

describe('The example programs', () => {
  it('in Python answer a Node parent, and both write to one pipe', async () => {
    const { stdout, stderr } = await run(process.execPath, [`${examples}python/main.js`], {
      timeout: '60s',
      env: { PYTHONDONTWRITEBYTECODE: '1' },
    });
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([
      "{ id: 0, words: 4, longest: 'läuft' }",
      "{ id: 1, words: 3, longest: 'three' }",
      "{ id: 2, words: 0, longest: '' }",
      '{"from":"node","asked":0}',
      '{"from":"python","question":{"id":0,"text":"kein Rohr läuft über"}}',
      '{"from":"node","asked":1}',
      '{"from":"python","question":{"id":1,"text":"one two three"}}',
      '{"from":"node","asked":2}',
      '{"from":"python","question":{"id":2,"text":""}}',
      '{"from":"python","answered":3}',
    ]);
  });

  it('in shell read and write lines over plain pipes', async () => {
    const { stdout, stderr } = await run(process.execPath, [`${examples}shell/main.js`], { timeout: '60s' });
    expect({ stdout, stderr }).toEqual({
      stdout: 'build has 5 characters\ntest has 4 characters\nrelease it has 10 characters',
      stderr: '',
    });
  });
});

describe('The Python module', () => {
  it('sends and receives JSON and bytes of any size', async () => {
    const [ours, theirs] = duplex();
    const raw = pipe({ codec: 'raw' });
    const child = startPython(
      `
raw, rpc = inherited('raw'), inherited('rpc')
for message in rpc:
    raw.send(str(message).encode())
    rpc.send(message)
`,
      { rpc: theirs, raw: raw.writer },
    );
    for (const message of ['ü', 1, 'x'.repeat(300_000)]) {
      await ours.send(message);
      expect((await raw.reader.receive()).toString()).toBe(String(message));
      expect(await ours.receive()).toBe(message);
    }
    await ours.end();
    expect(await child.result).toMatchObject({ ok: true, stderr: '' });
    raw.reader.close();
    ours.close();
  });

  it('and Node write whole messages in order into one pipe', async () => {
    const { reader, writer } = sharedPipe<{ who: string; i: number; text: string }>();
    const children = [0, 1, 2].flatMap((n) => [
      startPython(
        `
log = inherited('log')
for i in range(100):
    log.send({'who': 'python ${n}', 'i': i, 'text': 'ü' * (10 if i % 2 == 0 else 50000)})
`,
        { log: writer.share() },
      ),
      startPeer(
        `
        const log = inherited('log');
        for (let i = 0; i < 100; i++)
          await log.send({ who: 'node ${n}', i, text: 'ü'.repeat(i % 2 === 0 ? 10 : 50_000) });
        await log.end();
        `,
        { log: writer.share() },
      ),
    ]);
    writer.close();
    const next = new Map<string, number>();
    const problems: unknown[] = [];
    for await (const { who, i, text } of reader) {
      if (i !== (next.get(who) ?? 0) || text !== 'ü'.repeat(i % 2 === 0 ? 10 : 50_000))
        problems.push([who, i]);
      next.set(who, i + 1);
    }
    for (const child of children) expect(await child.result).toMatchObject({ ok: true, stderr: '' });
    expect(problems).toEqual([]);
    expect([...next.values()]).toEqual([100, 100, 100, 100, 100, 100]);
  });

  it('gives each process its own id after os.fork, and names the lost writer by it', async () => {
    const { reader, writer } = sharedPipe<unknown>();
    const child = startPython(
      `
log = inherited('log')
for i in range(20): log.send('a' * 10000)
if os.fork() == 0:
    for i in range(100): log.send('b' * 10000)
    os._exit(0)
for i in range(100): log.send('c' * 10000)
os.wait()
log.send('before')
log.send('x' * 5000000)
`,
      { log: writer.share() },
    );
    const counts = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 220; i++) {
      const text = (await reader.receive()) as string;
      expect(text).toHaveLength(10_000);
      counts[text[0] as 'a']++;
    }
    expect(counts).toEqual({ a: 20, b: 100, c: 100 });
    expect(await reader.receive()).toBe('before');
    await untilItWaits(child.pid as number);
    child.kill('SIGKILL');
    expect(await failureOf(reader.receive())).toMatchObject({ reason: 'writer died', pid: child.pid });
    await child.result;
    writer.close();
    reader.close();
  });

  it('reads whole messages in order from a pipe with several writers', async () => {
    const { reader, writer } = sharedPipe<{ who: number; i: number; text: string }>();
    const child = startPython(
      `
following, wrong = [0, 0, 0], []
for message in inherited('log'):
    who, i = message['who'], message['i']
    if i != following[who] or message['text'] != 'ü' * (10 if i % 2 == 0 else 50000): wrong.append([who, i])
    following[who] = i + 1
print(following, wrong)
`,
      { log: reader },
    );
    const writers = [0, 1, 2].map((who) =>
      startPeer(
        `
        const log = inherited('log');
        for (let i = 0; i < 100; i++)
          await log.send({ who: ${who}, i, text: 'ü'.repeat(i % 2 === 0 ? 10 : 50_000) });
        await log.end();
        `,
        { log: writer.share() },
      ),
    );
    writer.close();
    for (const one of writers) expect(await one.result).toMatchObject({ ok: true, stderr: '' });
    expect(await child.result).toMatchObject({ stdout: '[100, 100, 100] []', stderr: '' });
  });

  it('goes on reading when a writer dies in the middle of a message or takes it back', async () => {
    const { reader, writer } = sharedPipe<string>();
    const told = pipe<string>();
    const child = startPython(
      `
log, told = inherited('log'), inherited('told')
while True:
    try: told.send(log.receive())
    except Exception as error:
        told.send(type(error).__name__ + ': ' + str(error))
        if isinstance(error, Ended): break
`,
      { log: reader, told: told.writer },
    );
    const dying = startPython(
      `
log = inherited('log')
log._frame = lambda *args, frame=log._frame: (frame(*args), os.kill(os.getpid(), 9))
log.send('x' * 100000)
`,
      { log: writer.share() },
    );
    expect(await told.reader.receive()).toBe(
      `Lost: a message of process ${dying.pid} is lost after 4066 of 100002 bytes: its writer died`,
    );
    child.kill('SIGSTOP');
    await failureOf(writer.send('y'.repeat(300_000), { timeout: 20 }));
    child.kill('SIGCONT');
    await writer.send('after');
    expect(await told.reader.receive()).toBe('after');
    await writer.end();
    expect(await told.reader.receive()).toBe('Ended: all writers have ended');
    expect(await child.result).toMatchObject({ ok: true, stderr: '' });
    await dying.result;
    told.reader.close();
  });

  it('waits no longer than its timeout, and loses no part of a message', async () => {
    const [ours, theirs] = duplex<string>();
    const { reader, writer } = sharedPipe<string>();
    const child = startPython(
      `
rpc, log = inherited('rpc'), inherited('log')
def late(call):
    began = time.monotonic()
    try: call()
    except TimedOut as error: return [error.is_under_way, 0.05 <= time.monotonic() - began < 5]
told = [late(lambda: rpc.receive(timeout=0.05))]
told.append(late(lambda: log.send('l' * 300000, timeout=0.05)))
told.append(late(lambda: rpc.send('r' * 300000, timeout=0.05)))
told.append(late(lambda: rpc.send('never', timeout=0.05)))
print(told, flush=True)
log.send('after', timeout=20)
rpc.send(rpc.receive(timeout=20), timeout=20)
`,
      { rpc: theirs, log: writer },
    );
    const lines = (child.stdout as ByteStream).lines();
    expect(await lines.next()).toMatchObject({
      value: '[[False, True], [False, True], [True, True], [False, True]]',
    });
    await ours.send('question');
    expect(await reader.receive()).toBe('after');
    expect(await ours.receive()).toHaveLength(300_000);
    expect(await ours.receive()).toBe('question');
    expect(await child.result).toMatchObject({ ok: true, stderr: '' });
    ours.close();
    reader.close();
  });

  it('raises an exception class for each failure', async () => {
    const { reader, writer } = pipe({ codec: 'raw' });
    const out = pipe();
    const child = startPython(
      `
def told(call):
    try: return call()
    except Exception as error: return type(error).__name__
jobs, out = inherited('jobs', limit=10), inherited('out')
out.send(told(lambda: jobs.receive().decode()))
out.send(told(jobs.receive))
out.send(told(lambda: inherited('none')))
out.send(told(lambda: Writer(os.dup(1), limit=1).send('long')))
read, write = os.pipe()
os.write(write, b'\\0\\0\\0\\5ab')
os.close(write)
out.send(told(Reader(read).receive))
out.send(told(Reader(read).receive))
read, write = os.pipe()
os.close(read)
out.send(told(lambda: SharedWriter(write).send(1)))
`,
      { jobs: reader, out: out.writer },
    );
    await writer.send('short');
    await writer.send('far too long');
    const told: unknown[] = [];
    for await (const message of out.reader) told.push(message);
    expect(told).toEqual(['short', 'TooLarge', 'NotInherited', 'TooLarge', 'Truncated', 'Ended', 'PeerGone']);
    expect(await child.result).toMatchObject({ ok: true, stderr: '' });
    writer.close();
  });
});
