/** Peers that die, close, or send what is no message. */
import { describe, expect, it } from 'vitest';
import {
  BadFrameError,
  ChannelEndedError,
  MessageTooLargeError,
  PeerGoneError,
  pipe,
  TruncatedMessageError,
} from '../../src/channel.js';
import { run, start } from '../../src/index.js';
import { failureOf, programOf, startPeer } from '../helpers/channels.js';
import { checkForLeaks, until } from '../helpers/leaks.js';
import { untilItWaits } from '../helpers/processes.js';

checkForLeaks();

/** A shell that writes these bytes, as printf(1) has them, into a channel whose other end is the reader. */
function printed(bytes: string, then = '') {
  const { reader, writer } = pipe();
  const child = start('sh', ['-c', `printf '${bytes}' >&3; ${then}`], {
    channels: { out: writer },
    check: false,
  });
  return { reader, child };
}

describe('A reader', () => {
  it('gets TruncatedMessageError after all whole messages when its writer dies in one', async () => {
    const { reader, child } = printed('\\0\\0\\0\\0011\\0\\0\\0\\00512', 'kill -KILL $$');
    using _reader = reader;
    expect(await reader.receive()).toBe(1);
    for (let i = 0; i < 2; i++) {
      const error = await failureOf(reader.receive());
      expect(error).toBeInstanceOf(TruncatedMessageError);
      expect(error).toMatchObject({ receivedBytes: 2, expectedBytes: 5, code: 'ERR_CHANNEL_TRUNCATED' });
      expect(error.message).toBe(
        'the channel ended after 2 of the 5 bytes of a message: ' +
          'its writer died, or closed it before all was written',
      );
    }
    const loop = (async () => {
      for await (const _ of reader) expect.unreachable();
    })();
    expect(await failureOf(loop)).toBeInstanceOf(TruncatedMessageError);
    await child.result;
  });

  it('gets TruncatedMessageError when the writer is killed in the middle of a large message', async () => {
    const { reader, writer } = pipe({ codec: 'raw' });
    using _reader = reader;
    const child = startPeer(
      `
      const out = inherited('out');
      await out.send('whole');
      await out.send(Buffer.alloc(60_000_000));
      `,
      { out: writer },
    );
    expect((await reader.receive()).toString()).toBe('whole');
    // It has begun, and cannot come whole before a receive() waits for it.
    const begun = () =>
      failureOf(reader.receive({ timeout: 1 })).then((error) => 'delivery' in error && error.delivery);
    await until(async () => (await begun()) === 'under way');
    child.kill('SIGKILL');
    const error = await failureOf(reader.receive());
    expect(error).toBeInstanceOf(TruncatedMessageError);
    expect((await child.result).signal).toBe('SIGKILL');
  });

  it('gets TruncatedMessageError when the writer ends within a header', async () => {
    const { reader, child } = printed('\\0\\0');
    using _reader = reader;
    expect((await failureOf(reader.receive())).message).toMatch('ended within the header of a message');
    await child.result;
  });

  it('gets the last message whole when the pipe ends with it', async () => {
    const { reader, child } = printed('\\0\\0\\0\\4true');
    using _reader = reader;
    expect(await reader.receive()).toBe(true);
    expect(await failureOf(reader.receive())).toBeInstanceOf(ChannelEndedError);
    await child.result;
  });

  it.each([
    ['4 GiB', '\\377\\377\\377\\377'],
    ['a negative length', '\\200\\0\\0\\0'],
  ])('refuses %s as too large, and its writer gets PeerGoneError', async (_name, header) => {
    const { reader, child } = printed(`\\0\\0\\0\\4null${header}`, 'cat /dev/zero >&3');
    using _reader = reader;
    expect(await reader.receive()).toBe(null);
    const error = await failureOf(reader.receive());
    expect(error).toBeInstanceOf(MessageTooLargeError);
    expect(error.message).toMatch(
      /the other side announces a message of \d+ bytes, and the channel is closed: the limit/,
    );
    await child.result;
  });

  it('says that it got text when a stray console.log is in its pipe', async () => {
    const { reader, child } = printed('starting up...\\n');
    using _reader = reader;
    const error = await failureOf(reader.receive());
    expect(error).toBeInstanceOf(BadFrameError);
    expect(error.message).toMatch(/not a message but text, "star"…: a program prints into the channel/);
    await child.result;
  });

  it('of random bytes ends with a channel error, without taking memory for them', async () => {
    const { reader, writer } = pipe({ codec: 'raw' });
    using _reader = reader;
    const child = start('sh', ['-c', 'head -c 3000000 /dev/urandom >&3'], {
      channels: { out: writer },
      check: false,
    });
    const loop = (async () => {
      for await (const _ of reader);
    })();
    const error = await failureOf(loop.then(() => Promise.reject(new ChannelEndedError())));
    expect(error.code).toMatch(/^ERR_CHANNEL_(TOO_LARGE|BAD_FRAME|TRUNCATED|ENDED)$/);
    await child.result;
  });
});

describe('A writer whose reader has gone', () => {
  it('rejects the next send() and end()', async () => {
    const { reader, writer } = pipe();
    reader.close();
    const error = await failureOf(writer.send(1));
    expect(error).toBeInstanceOf(PeerGoneError);
    expect(error.message).toMatch('the channel has no reader any more');
    expect(await failureOf(writer.end())).toBe(error);
    writer.close();
  });

  it('rejects the send() under way', async () => {
    const { reader, writer } = pipe({ codec: 'raw' });
    const child = startPeer(`const jobs = inherited('jobs'); await jobs.receive(); process.exit(3);`, {
      jobs: reader,
    });
    await writer.send('first');
    const sends = await Promise.allSettled(
      Array.from({ length: 50 }, () => writer.send(Buffer.alloc(100_000))),
    );
    // What was read ahead was accepted.
    const first = sends.findIndex(({ status }) => status === 'rejected');
    expect(first).toBeLessThan(10);
    for (const send of sends.slice(first)) expect(send).toMatchObject({ reason: expect.any(PeerGoneError) });
    expect((await child.result).exitCode).toBe(3);
    writer.close();
  });

  it('leaves no unhandled rejection of sends without await, and reports it once', async () => {
    const program = programOf(`
      const { reader, writer } = pipe();
      reader.close();
      writer.send(1);
      for (let i = 0; i < 1000; i++) writer.send('x'.repeat(1000));
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      console.log(await writer.end().catch(({ name }) => name));
    `);
    const { stdout, stderr } = await run(process.execPath, [program]);
    expect([stdout, stderr]).toEqual(['PeerGoneError', '']);
  });

  it('does not throw at the end of await using when each send() was accepted or has rejected', async () => {
    const untold = async () => {
      const { reader, writer } = pipe({ codec: 'raw' });
      await using scoped = writer;
      void scoped.send('in the pipe');
      reader.close();
    };
    await untold();
    const told = async () => {
      const { reader, writer } = pipe();
      await using scoped = writer;
      reader.close();
      await scoped.send(1).catch(() => {});
    };
    await told();
  });
});

describe('A program with channels', () => {
  const quiet = { exitCode: 0, stderr: '' };

  it('ends when nothing but idle ends is left', async () => {
    const program = programOf(`
      const [a, b] = duplex();
      await a.send(1);
      await b.receive();
      const one = pipe();
      await one.writer.send(1);
      one.reader.receive({ timeout: 20 });
      console.log('over');
    `);
    expect(await run(process.execPath, [program], { timeout: '20s' })).toMatchObject({
      ...quiet,
      stdout: 'over',
    });
  });

  it('stays alive while a receive() is pending', async () => {
    const { reader, writer } = pipe();
    const child = startPeer(`console.log('waits'); console.log(await inherited('jobs').receive());`, {
      jobs: reader,
    });
    await untilItWaits(child.pid);
    await writer.send('at last');
    expect((await child.result).stdout).toBe('waits\nat last');
    writer.close();
  });

  it('writes what it has sent before it ends by itself', async () => {
    const { reader, writer } = pipe<string>();
    const child = startPeer(
      `const out = inherited('out'); for (let i = 0; i < 3000; i++) out.send('x'.repeat(1000) + i);`,
      { out: writer },
    );
    let count = 0;
    for await (const text of reader) expect(text.endsWith(`x${count++}`)).toBe(true);
    expect(count).toBe(3000);
    expect(await child.result).toMatchObject(quiet);
    reader.close();
  });
});
