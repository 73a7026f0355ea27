/** Ends that are passed on to children: who has them then, on which descriptors, under which names. */
import { closeSync, openSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ChannelBusyError,
  ChannelClosedError,
  ChannelEndedError,
  ChannelNotInheritedError,
  duplex,
  inherited,
  OptionError,
  PeerGoneError,
  pipe,
} from '../../src/channel.js';
import { pipeline, run, runSync, StartError, start } from '../../src/index.js';
import { backend, posixOnly } from '../helpers/backend.js';
import { failureOf, programOf, startPeer } from '../helpers/channels.js';
import { checkForLeaks, openDescriptors, until } from '../helpers/leaks.js';

checkForLeaks();

/** What a shell is told of its channels, without the inodes. */
const TELL = 'echo $SPILLWAY_CHANNELS | sed "s/:[0-9,]*\\( \\|$\\)/\\1/g"';

describe('A child with channels', () => {
  it('finds a reader, a writer and a duplex end by their names, with their codecs', async () => {
    const jobs = pipe();
    const log = pipe({ codec: 'raw' });
    const other = pipe();
    const [ours, theirs] = duplex({ codec: 'v8' });
    const child = startPeer(
      `
      const rpc = inherited('rpc');
      const log = inherited('log');
      console.log(process.env.SPILLWAY_CHANNELS.replace(/:[0-9,]+( |$)/g, '$1'));
      for await (const job of inherited('jobs')) {
        await log.send(Buffer.from('job ' + job.id));
        await rpc.send(new Map([[job.id, await rpc.receive()]]));
      }
      `,
      { jobs: jobs.reader, 'my.log': other.writer, log: log.writer, rpc: theirs },
    );
    for (let id = 0; id < 3; id++) {
      await jobs.writer.send({ id });
      await ours.send(BigInt(id));
      expect((await log.reader.receive()).toString()).toBe(`job ${id}`);
      expect(await ours.receive()).toEqual(new Map([[id, BigInt(id)]]));
    }
    await jobs.writer.end();
    expect(await child.result).toMatchObject({
      ok: true,
      stderr: '',
      stdout: 'jobs=3r:json my.log=4w:json log=5w:raw rpc=6r7w:v8',
    });
    await expect(ours.receive()).rejects.toThrow(ChannelEndedError);
    log.reader.close();
    other.reader.close();
    ours.close();
  });

  it('has blocking descriptors, as every program expects', async () => {
    const { reader, writer } = pipe({ codec: 'raw' });
    await writer.send('first');
    let shown = '';
    const child = start('sh', ['-c', 'head -c 9 <&3 | tail -c 5; head -c 10 <&3 | tail -c 6'], {
      channels: { in: reader },
      stdout: (chunk) => {
        shown += chunk;
      },
    });
    await until(() => shown === 'first');
    await writer.send('second');
    await child.result;
    expect(shown).toBe('firstsecond');
    writer.close();
  });

  it('finds closed what was not passed on', async () => {
    const passed = pipe();
    const kept = pipe();
    const { stdout } = await run('sh', ['-c', `ls -l /proc/self/fd; ${TELL}`], {
      channels: { one: passed.reader },
    });
    expect(stdout.match(/pipe:/g)?.length).toBeLessThanOrEqual(3 + (backend === 'posix' ? 0 : 1));
    expect(stdout).toMatch(/\n?one=3r:json$/);
    expect(stdout.match(/ 4 -> pipe:/)).toBe(null);
    for (const end of [passed.writer, kept.reader, kept.writer]) end.close();
  });

  it('is given none when its parent, which has some, passes none on', async () => {
    const [ours, theirs] = duplex();
    const child = startPeer(
      `
      const rpc = inherited('rpc');
      const env = { SPILLWAY_CHANNELS: 'x=3r:json' };
      const { stdout } = await run('sh', ['-c', 'echo "[$SPILLWAY_CHANNELS]"'], { env });
      await rpc.send(stdout);
      `,
      { rpc: theirs },
    );
    expect(await ours.receive()).toBe('[]');
    await child.result;
    ours.close();
  });

  posixOnly('limits need system calls')(
    'and limits finds them on the same numbers as without limits',
    async () => {
      const { reader, writer } = pipe();
      const [ours, theirs] = duplex();
      const script = `${TELL}; ulimit -f; printf '\\0\\0\\0\\0017' >&3; cat <&4 >&5`;
      const child = start('sh', ['-c', script], {
        channels: { out: writer, rpc: theirs },
        limits: { fileSize: 51200 },
      });
      expect(await reader.receive()).toBe(7);
      await ours.send('back and forth');
      await ours.end();
      expect(await ours.receive()).toBe('back and forth');
      expect((await child.result).stdout).toBe('out=3w:json rpc=4r5w:json\n100');
      reader.close();
      ours.close();
    },
  );

  posixOnly('terminals need system calls')('and a terminal of its own finds them', async () => {
    const { reader, writer } = pipe();
    const { stdout } = await run('sh', ['-c', `tty >/dev/null && printf '\\0\\0\\0\\0017' >&3; ${TELL}`], {
      pty: true,
      channels: { out: writer },
    });
    expect(stdout.trim()).toBe('out=3w:json');
    expect(await reader.receive()).toBe(7);
    reader.close();
  });

  posixOnly('SPILLWAY_BACKEND has none of the pipes of its own')(
    'finds them when a worker thread has started it, with limits and without',
    async () => {
      const program = programOf(`
      import { isMainThread, Worker } from 'node:worker_threads';
      import { fileURLToPath } from 'node:url';
      if (isMainThread) new Worker(fileURLToPath(import.meta.url)).on('error', console.error);
      else
        for (const limits of [undefined, { fileSize: 51200 }]) {
          const [ours, theirs] = duplex();
          const options = { channels: { rpc: theirs }, ...(limits ? { limits } : {}) };
          const child = start('sh', ['-c', 'cat <&3 >&4'], options);
          for (let i = 0; i < 1000; i++) await ours.send({ i, text: 'x'.repeat(i) });
          await ours.end();
          let next = 0;
          for await (const { i } of ours) if (i !== next++) throw new Error('order');
          console.log(next, (await child.result).ok);
          ours.close();
        }
    `);
      const { stdout, stderr } = await run(process.execPath, [program], { timeout: '30s' });
      expect({ stdout, stderr }).toEqual({ stdout: '1000 true\n1000 true', stderr: '' });
    },
  );

  it('may have many, whatever their numbers in the parent', async () => {
    // So that ends are made on numbers that are targets in the child.
    const held = Array.from({ length: 3 }, () => openSync('/dev/null', 'r'));
    const all = Array.from({ length: 15 }, () => pipe<number>());
    for (const fd of held) closeSync(fd);
    const named = (list: typeof all) => Object.fromEntries(list.map(({ writer }, i) => [`c${i}`, writer]));
    const script = `for (let i = 0; i < ${all.length}; i++) await inherited('c' + i).send(i);`;
    const child = startPeer(script, named([...all].reverse()));
    for (const [i, { reader }] of [...all].reverse().entries()) {
      expect(await reader.receive()).toBe(i);
      reader.close();
    }
    expect(await child.result).toMatchObject({ ok: true, stderr: '' });
  });

  it('keeps merged streams, stdin and its environment', async () => {
    const { reader, writer } = pipe();
    const { stdout } = await run('sh', ['-c', `cat; echo $A; printf '\\0\\0\\0\\0017' >&3; ${TELL} >&2`], {
      channels: { out: writer },
      input: 'in ',
      stderr: 'stdout',
      env: { A: 'b' },
    });
    expect(stdout).toBe('in b\nout=3w:json');
    expect(await reader.receive()).toBe(7);
    reader.close();
  });
});

describe('A grandchild', () => {
  it('finds the channels when a shell has started it', async () => {
    const { reader, writer } = pipe();
    const program = programOf(`await inherited('out').send(process.ppid !== ${process.pid});`);
    const child = start('sh', ['-c', `"${process.execPath}" "${program}"; exit 0`], {
      channels: { out: writer },
    });
    expect(await reader.receive()).toBe(true);
    await child.result;
    reader.close();
  });

  it('finds an end that the child has passed on under another name', async () => {
    const [ours, theirs] = duplex();
    const inner = programOf(
      `const rpc = inherited('inner'); await rpc.send(['inner', await rpc.receive()]);`,
    );
    const child = startPeer(
      `
      const rpc = inherited('rpc');
      await rpc.send(['outer', await rpc.receive()]);
      const options = { channels: { inner: rpc }, stderr: 'inherit' };
      const child = start(process.execPath, [${JSON.stringify(inner)}], options);
      console.log(await rpc.receive().catch((e) => e.name + ': ' + e.message));
      console.log(inherited('rpc') === rpc);
      await child.result;
      `,
      { rpc: theirs },
    );
    await ours.send(1);
    expect(await ours.receive()).toEqual(['outer', 1]);
    await ours.send(2);
    expect(await ours.receive()).toEqual(['inner', 2]);
    const { stdout, stderr } = await child.result;
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ChannelClosedError: this end of the channel was passed on: .*\ntrue$/);
    ours.close();
  });

  it('with the variable but without the descriptors gets an error that says so', async () => {
    const { reader, writer } = pipe();
    const inner = programOf(
      `try { inherited('jobs'); } catch (e) { console.log(e.name + ': ' + e.message); }`,
    );
    const child = startPeer(
      `
      const { execFileSync } = await import('node:child_process');
      process.stdout.write(execFileSync(process.execPath, [${JSON.stringify(inner)}]));
      `,
      { jobs: reader },
    );
    const { stdout } = await child.result;
    expect(stdout).toMatch(/^ChannelNotInheritedError: the channel 'jobs' should be on descriptor 3, /);
    expect(stdout).toMatch(/which is (something else|not open) in this process: its parent has passed on /);
    expect(stdout).toContain(' the variable SPILLWAY_CHANNELS, but not the descriptor');
    writer.close();
  });
});

describe('An end that was passed on', () => {
  it('refuses to be used or passed on again, and may be closed', async () => {
    const { reader, writer } = pipe();
    const [ours, theirs] = duplex();
    await run('true', { channels: { a: reader, b: theirs } });
    for (const use of [() => reader.receive(), () => theirs.receive(), () => theirs.send(1)]) {
      const error = await failureOf(use());
      expect(error).toBeInstanceOf(ChannelClosedError);
      expect(error).toMatchObject({ state: 'passed on' });
      expect(error.message).toMatch('this end of the channel was passed on: the child has it');
    }
    const again = await failureOf(run('true', { channels: { a: reader } }));
    expect(again).toBeInstanceOf(OptionError);
    expect(again.message).toMatch(
      /^channels\.a is ChannelReader .*open and at rest\. this end .* was passed on/,
    );
    reader.close();
    theirs.close();
    expect(await failureOf(writer.send(1))).toBeInstanceOf(PeerGoneError);
    ours.close();
  });

  it('stays usable here when no child was started', async () => {
    const { reader, writer } = pipe();
    void writer.send(1);
    expect(await reader.receive()).toBe(1);
    const refused = await failureOf(run('/no/such/program', { channels: { jobs: reader } }));
    expect(refused).toBeInstanceOf(StartError);
    const aborted = AbortSignal.abort();
    await failureOf(run('true', { channels: { jobs: reader }, signal: aborted }));
    await failureOf(run('true', { channels: { jobs: reader }, timeout: 'soon' }));
    await failureOf(run('true', { channels: { jobs: reader }, stdin: { file: '/no/such/file' } }));
    await failureOf(run('true', { channels: { jobs: reader, more: 5 as never } }));
    const waiting = reader.receive();
    await writer.send(2);
    expect(await waiting).toBe(2);
    const child = startPeer(`console.log(await inherited('jobs').receive());`, { jobs: reader });
    await writer.send(3);
    expect((await child.result).stdout).toBe('3');
    writer.close();
  });

  it('must not have an operation under way', async () => {
    const a = pipe();
    const waiting = failureOf(a.reader.receive());
    const busy = await failureOf(run('true', { channels: { jobs: a.reader } }));
    expect(busy).toMatchObject({ name: 'OptionError', cause: expect.any(ChannelBusyError) });
    expect(busy.message).toMatch('a receive waits for a message on it');
    void a.writer.send(1);
    a.reader.close();
    await waiting;

    const b = pipe();
    for (let i = 0; i < 3; i++) await b.writer.send(i);
    // Those that follow each other closely are written at the end of the turn.
    await new Promise(setImmediate);
    await b.reader.receive();
    await b.reader.receive();
    expect((await failureOf(run('true', { channels: { jobs: b.reader } }))).message).toMatch('read ahead');
    void b.writer.send('x'.repeat(1_000_000));
    expect((await failureOf(run('true', { channels: { out: b.writer } }))).message).toMatch(
      'wait here to be written',
    );
    for (const end of [a.writer, b.reader, b.writer]) end.close();
  });
});

describe('The option channels', () => {
  it.each([
    [() => 5, 'channels', '5', '{ name: end }'],
    [() => ({ jobs: 3 }), 'channels.jobs', '3', 'spillway/channel or spillway/pipe'],
    [() => ({ jobs: undefined }), 'channels.jobs', 'undefined', 'an end of a channel'],
    [() => ({ 'a b': 1 }), 'channels', "'a b'", 'names of letters'],
    [() => ({ 'a=b': 1 }), 'channels', "'a=b'", 'names of letters'],
    [() => ({ '': 1 }), 'channels', "''", 'names of letters'],
    [
      (end: unknown) => ({ a: end, b: end }),
      'channels.b',
      'ChannelReader',
      'another end than that of channels.a',
    ],
  ])('refuses a value that cannot be passed on, case %#', async (channels, option, given, allowed) => {
    const { reader, writer } = pipe();
    const error = await failureOf(run('true', { channels: channels(reader) as never }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option });
    expect(error.message).toContain(given);
    expect(error.message).toContain(allowed);
    reader.close();
    writer.close();
  });

  it('is refused by runSync() and pipeline(), with a reason', async () => {
    const { reader, writer } = pipe();
    using _reader = reader;
    using _writer = writer;
    expect(() => runSync('true', { channels: { jobs: reader } } as never)).toThrow(
      /^channels cannot be .*; use run\(\) or start\(\)/,
    );
    const error = await failureOf(pipeline([['true'], ['true']], { channels: { jobs: reader } }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(/^channels cannot be .*: a pipeline passes none on/);
  });
});

describe('inherited()', () => {
  const withVariable = (value: string | undefined, name: string, options = {}) => {
    const before = process.env.SPILLWAY_CHANNELS;
    try {
      if (value === undefined) delete process.env.SPILLWAY_CHANNELS;
      else process.env.SPILLWAY_CHANNELS = value;
      return inherited(name, options);
    } finally {
      if (before === undefined) delete process.env.SPILLWAY_CHANNELS;
      else process.env.SPILLWAY_CHANNELS = before;
    }
  };

  it.each([
    [undefined, "no channel 'jobs' was passed on to this process (SPILLWAY_CHANNELS is not set)"],
    ['', '(there are: none)'],
    ['log=3w:json rpc=4r5w:v8', "(there are: 'log', 'rpc')"],
    ['garbage jobs=x:json =3r:json', '(there are: none)'],
    ['jobs=999r:json', 'should be on descriptor 999, which is not open in this process'],
    ['jobs=0w:json', 'should be on descriptor 0, which is '],
    ['jobs=9r:pickle', "has the codec 'pickle', which this version does not know"],
    ['jobs=9r:', "'jobs' is a plain pipe, on descriptor 9; use spillway/pipe"],
  ])('throws for %o, and says what is wrong', (value, message) => {
    expect(() => withVariable(value, 'jobs')).toThrow(ChannelNotInheritedError);
    expect(() => withVariable(value, 'jobs')).toThrow(message);
  });

  it('does not take another pipe for the one that was meant', () => {
    const { reader, writer } = pipe();
    const fd = [...openDescriptors()].find(([, target]) => target.startsWith('pipe:'))?.[0] as number;
    const inode = Number(/\d+/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[0]);
    expect(() => withVariable(`jobs=${fd}r:json:${inode + 1}`, 'jobs')).toThrow(ChannelNotInheritedError);
    reader.close();
    writer.close();
  });

  it('requires the codec of a channel that has one of its own', () => {
    expect(() => withVariable('jobs=9r:custom', 'jobs')).toThrow(
      /^codec is undefined; allowed: that of the other side/,
    );
    expect(() => withVariable('jobs=9r:json', 'jobs', { codec: 'xml' })).toThrow(OptionError);
    expect(() => withVariable('jobs=9r:json', 'jobs', { capacity: 1 })).toThrow(OptionError);
  });

  it('applies the limit that it is given', async () => {
    const { reader, writer } = pipe();
    const child = startPeer(
      `console.log(await inherited('jobs', { limit: 5 }).receive().catch((e) => e.name + e.limitBytes));`,
      { jobs: reader },
    );
    await writer.send('too long').catch(() => {});
    expect((await child.result).stdout).toBe('MessageTooLargeError5');
    writer.close();
  });

  it('reads a variable that programs in other languages can write', async () => {
    const { reader, writer } = pipe();
    const [ours, theirs] = duplex();
    const python = `
import json, os, struct
channels = {}
for entry in os.environ['SPILLWAY_CHANNELS'].split():
    name, rest = entry.split('=', 1)
    channels[name] = rest.split(':')
assert channels['out'][0] == '3w' and channels['rpc'][0] == '4r5w' and channels['rpc'][1] == 'json'
def read(n):
    data = b''
    while len(data) < n:
        part = os.read(4, n - len(data))
        if not part: return None
        data += part
    return data
while (header := read(4)) is not None:
    body = json.dumps({'echo': json.loads(read(struct.unpack('>I', header)[0]))}).encode()
    os.write(5, struct.pack('>I', len(body)) + body)
os.write(3, b'\\0\\0\\0\\4done'.replace(b'done', b'null'))
`;
    const child = start('python3', ['-c', python], { channels: { out: writer, rpc: theirs } });
    for (const message of ['a', { b: 'ü' }, [1, 2]]) {
      await ours.send(message);
      expect(await ours.receive({ timeout: '20s' })).toEqual({ echo: message });
    }
    await ours.end();
    expect(await reader.receive()).toBe(null);
    await child.result;
    reader.close();
    ours.close();
  });
});
