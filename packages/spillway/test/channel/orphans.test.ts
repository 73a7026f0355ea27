/** A channel ends with the child that was given the other end, whatever the child has left behind. */
import { describe, expect, it } from 'vitest';
import {
  ChannelEndedError,
  type DuplexEnd,
  duplex,
  PeerGoneError,
  pipe,
  sharedPipe,
} from '../../src/channel.js';
import { run, start } from '../../src/index.js';
import { errorOf } from '../helpers/errors.js';
import { checkForLeaks, until } from '../helpers/leaks.js';

checkForLeaks();

/** In a session of its own when the shell goes on: its pid is its last word on the substitution's pipe. */
const DAEMON = "daemon=$(setsid sh -c 'echo $$; exec sleep 1000 </dev/null >/dev/null 2>&1' &); echo $daemon";
/** Leaves a daemon, which holds all that the shell was given, and prints its pid. */
const daemonAfter = (script: string, exit = 'exit 0') =>
  ['sh', ['-c', [script, DAEMON, exit].join('\n')]] as const;

/** Ends the daemon whose pid is this text. */
async function end(pid: string): Promise<void> {
  process.kill(Number(pid), 'SIGKILL');
  await until(() => {
    try {
      process.kill(Number(pid), 0);
      return false;
    } catch {
      return true;
    }
  });
}

const NOT_FRAMED = { codec: 'raw' } as const;

describe('a daemon of the dead child does not keep', () => {
  it('a receive and a loop waiting', async () => {
    const { reader, writer } = pipe(NOT_FRAMED);
    const waiting = errorOf(reader.receive(), ChannelEndedError);
    const { stdout, leftovers } = await run(...daemonAfter(''), { channels: { jobs: writer } });
    expect(leftovers).toMatchObject([{ action: 'left', descriptors: ['channel jobs'] }]);
    expect((await waiting).message).toMatch(/sh -c .* exited with code 0; a process that it left behind/);
    for await (const _ of reader) throw new Error('there is no message');
    await end(String(stdout));
  });

  it('what the child wrote from being received', async () => {
    const { reader, writer } = pipe<string>();
    const frame = `printf '\\000\\000\\000\\005"abc"' >&3`;
    const { stdout } = await run(...daemonAfter(frame), {
      channels: { jobs: writer },
    });
    const seen: string[] = [];
    try {
      for await (const message of reader) seen.push(message);
    } finally {
      reader.close();
      await end(String(stdout));
    }
    expect(seen).toEqual(['abc']);
  });

  it('a send waiting for room', async () => {
    const { reader, writer } = pipe(NOT_FRAMED);
    const child = start(...daemonAfter('read -r go'), { channels: { jobs: reader }, stdin: 'pipe' });
    const sent = errorOf(writer.send(Buffer.alloc(1024 * 1024)), PeerGoneError);
    child.stdin.end('go\n');
    const { stdout } = await child.result;
    expect((await sent).message).toMatch(/sh -c .* exited with code 0/);
    await end(String(stdout));
  });

  it('a call waiting, whose error says which it was and how the process ended', async () => {
    const [ours, theirs] = duplex() as [DuplexEnd, DuplexEnd];
    const options = { channels: { rpc: theirs }, stdin: 'pipe', check: false } as const;
    const child = start(...daemonAfter('read -r go', 'exit 7'), options);
    const answer = errorOf(ours.call('divide', [1, 0]), ChannelEndedError);
    child.stdin.end('go\n');
    const { stdout } = await child.result;
    expect((await answer).message).toMatch(/^'divide' was not answered: sh -c .* exited with code 7$/);
    ours.close();
    await end(String(stdout));
  });

  it('the reader of a shared pipe waiting, once the last child has ended', async () => {
    const { reader, writer } = sharedPipe<string>();
    const [one, two] = [writer.share(), writer.share()];
    writer.close();
    const first = await run(...daemonAfter(''), { channels: { log: one } });
    const second = start('cat', { channels: { log: two }, stdin: 'pipe' });
    const waiting = errorOf(reader.receive(), ChannelEndedError);
    await expect(reader.receive({ timeout: 50 })).rejects.toThrow('50 ms');
    second.stdin.end();
    await second.result;
    await waiting;
    await end(first.stdout);
  });
});

describe('a call', () => {
  it.each([
    ['process.exit(3)', 'exited with code 3'],
    ["process.kill(process.pid, 'SIGKILL')", 'was killed by SIGKILL'],
  ])('that %s leaves unanswered says how the process ended', async (act, how) => {
    const [ours, theirs] = duplex();
    const script = `import { inherited } from 'spillway/channel';
      inherited('rpc').serve({ work: () => ${act} });`;
    const args = ['--input-type=module', '-e', script];
    const child = start(process.execPath, args, { channels: { rpc: theirs }, check: false });
    const error = await errorOf(ours.call('work'), ChannelEndedError);
    expect(error.message).toContain("'work' was not answered");
    expect(error.message).toContain(how);
    await child.result;
    ours.close();
  });

  it('to an end that has closed says that, and does not wait for the process', async () => {
    const [ours, theirs] = duplex();
    const answer = errorOf(ours.call('work'), ChannelEndedError);
    theirs.close();
    expect((await answer).message).toBe("'work' was not answered: the other side has ended the channel");
    ours.close();
  });
});

describe('an end that the child has passed on by name', () => {
  it('keeps the channel open until that process has ended too', async () => {
    const { reader, writer } = pipe<string>();
    const grandchild = `import { inherited } from 'spillway/channel';
      const out = inherited('out');
      process.stdin.once('data', async () => { await out.send('later'); await out.end(); process.exit(); });`;
    const script = `import { start } from 'spillway'; import { inherited } from 'spillway/channel';
      const child = start(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(grandchild)}],
        { channels: { out: inherited('mine') }, stdin: 'inherit', detached: true });
      process.exit();`;
    const child = start(process.execPath, ['--input-type=module', '-e', script], {
      channels: { mine: writer },
      stdin: 'pipe',
      leftovers: 'wait',
    });
    const received = reader.receive();
    child.stdin.end('go\n');
    expect(await received).toBe('later');
    await child.result;
    reader.close();
  });
});
