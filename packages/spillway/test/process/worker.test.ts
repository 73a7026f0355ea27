/** Children of worker threads, which are not told of SIGCHLD and may be ended at any time themselves. */
import { describe, expect } from 'vitest';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, isAlive, until } from '../helpers/leaks.js';
import { type Finished, runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(4);

/**
 * Runs `script` in a worker thread of a program of its own; `main` is what the main thread does with
 * `worker`.
 */
function inWorker(script: string, main = '', timeoutMs = 60_000): Promise<Finished> {
  return runNode(
    `
    import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
    import { fileURLToPath } from 'node:url';
    const shown = (value) => typeof value === 'string' ? value : JSON.stringify(value);
    const print = (...values) => console.log(values.map(shown).join(' '));
    if (isMainThread) {
      const worker = (data) => new Worker(fileURLToPath(import.meta.url), { workerData: data });
      ${main || 'worker();'}
    } else {
      ${script}
    }
  `,
    { timeoutMs },
  );
}

const quiet = { code: 0, signal: null, stderr: '' };

describe('In a worker thread', () => {
  it('run() gives results and errors', async () => {
    const finished = await inWorker(`
      const { stdout, stderr, exitCode, ok } = await run('sh', ['-c', 'cat; echo err >&2'], { input: 'in' });
      print(stdout, stderr, exitCode, ok);
      const merged = await run('sh', ['-c', 'echo a; echo b >&2; echo c'], { stderr: 'stdout' });
      print(merged.stdout.replaceAll('\\n', ' '));
      const error = await run('sh', ['-c', 'exit 3']).catch((e) => e);
      print(error.name, error.result.exitCode);
      const killed = await run('sh', ['-c', 'kill -KILL $$'], { check: false });
      print(killed.reason, killed.signal);
      print((await run('/no/such/program').catch((e) => e)).code);
      print((await run('head', ['-c', '20000000', '/dev/zero'], { memory: 1000 })).output.stdout.size);
    `);
    const lines = ['in err 0 true', 'a b c', 'RunError 3', 'signal SIGKILL', 'ENOENT', '20000000', ''];
    expect(finished).toEqual({ ...quiet, stdout: lines.join('\n') });
  });

  it('start() gives lines and a stdin, and the child ends with its scope', async () => {
    const finished = await inWorker(`
      const child = start('cat', { stdin: 'pipe' });
      const lines = child.stdout.lines();
      child.stdin.write('one\\n');
      print((await lines.next()).value);
      child.stdin.end('two\\n');
      print((await lines.next()).value, (await lines.next()).done, (await child.result).ok);
      for await (const line of start('yes').stdout.lines()) { print(line); break; }
      const sleeper = start('sleep', ['60'], { check: false });
      await sleeper[Symbol.asyncDispose]();
      print((await sleeper.result).signal);
    `);
    expect(finished).toEqual({ ...quiet, stdout: 'one\ntwo true true\ny\nSIGTERM\n' });
  });

  it('a timeout ends the process group, and so does a normal exit', async () => {
    const { stdout } = await inWorker(`
      const script = 'sleep 60 & echo $!; sleep 60 & echo $!; wait';
      const late = await run('sh', ['-c', script], { timeout: 500, check: false });
      const left = await run('sh', ['-c', 'sleep 60 & echo $!']);
      const options = { timeout: 300, terminate: { grace: 200 }, check: false };
      const deaf = 'trap "" TERM; echo $$; while :; do sleep 0.05; done';
      const stubborn = await run('sh', ['-c', deaf], options);
      print(late.reason, stubborn.reason, stubborn.signal, left.leftovers.length);
      print([late.stdout, left.stdout, stubborn.stdout].join('\\n'));
    `);
    const [reasons, ...pids] = stdout.trimEnd().split('\n');
    expect(reasons).toBe('timeout timeout SIGKILL 1');
    expect(pids).toHaveLength(4);
    expect(pids.map(Number).filter(isAlive)).toEqual([]);
  });

  it('pipeline() connects commands, and what needs the main thread is refused with a reason', async () => {
    const { stdout, stderr } = await inWorker(`
      const piped = pipeline([['seq', '100000'], ['tail', '-n', '1']]);
      print(await piped.then(({ stdout }) => stdout, ({ code }) => code));
      print((await run('true', { pty: true }).catch((e) => e)).code);
    `);
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([backend === 'posix' ? '100000' : 'ENOTSUP', 'ENOTSUP', '']);
  });

  it('a running child keeps the thread alive', async () => {
    const finished = await inWorker(`
      const options = { stdout: 'ignore', stderr: 'ignore', check: false };
      const child = start('sh', ['-c', 'sleep 0.3; exit 5'], options);
      child.result.then(({ exitCode }) => print(exitCode));
    `);
    expect(finished).toEqual({ ...quiet, stdout: '5\n' });
  });

  it('and four more, many runs at once keep apart and lose no byte', async () => {
    const many = `
      const one = async (i) => {
        const holder = i % 4 === 0 ? 'sleep 20 &' : '';
        const script = holder + ' echo out ' + i + '; echo err ' + i + ' >&2; exit ' + (i % 7);
        const { stdout, stderr, exitCode } = await run('sh', ['-c', script], { check: false });
        return stdout === 'out ' + i && stderr === 'err ' + i && exitCode === i % 7;
      };
      const all = async () => {
        let right = 0;
        for (let from = 0; from < 40; from += 10) {
          const ten = await Promise.all(Array.from({ length: 10 }, (_, i) => one(from + i)));
          right += ten.filter(Boolean).length;
        }
        return right;
      };
    `;
    const finished = await inWorker(
      `${many} parentPort.postMessage(await all());`,
      `
      ${many}
      const answer = () => new Promise((resolve) => worker().once('message', resolve));
      const answers = Array.from({ length: 4 }, answer);
      print(await Promise.all([all(), ...answers]));
    `,
    );
    expect(finished).toEqual({ ...quiet, stdout: '[40,40,40,40,40]\n' });
  });
});

describe('Children of a worker thread that is ended', () => {
  const starts = `
    const pids = [];
    for (const kind of ['echo $$; exec sleep 300', 'trap "" TERM; echo $$; while :; do sleep 0.1; done']) {
      const child = start('sh', ['-c', kind], { terminate: { grace: 300 } });
      pids.push((await child.stdout.lines().next()).value);
    }
    parentPort.postMessage(pids);
  `;
  const main = `
    const thread = worker();
    thread.once('message', async (pids) => {
      print(pids.join(' '));
      await END;
      print('ended');
      // The program itself goes on.
      const { stdout } = await run('echo', ['well']);
      print(stdout);
    });
  `;

  it.each([
    ['by worker.terminate()', starts, main.replace('END', 'thread.terminate()')],
    [
      'by its own process.exit()',
      `${starts} parentPort.once('message', () => process.exit());`,
      main.replace(
        'END',
        "new Promise((resolve) => { thread.once('exit', resolve); thread.postMessage('exit'); })",
      ),
    ],
  ])('%s are ended by the guard', async (_how, script, mainScript) => {
    const finished = await inWorker(script, mainScript);
    const [pids = '', ...rest] = finished.stdout.split('\n');
    expect({ ...finished, stdout: rest.join('\n') }).toEqual({ ...quiet, stdout: 'ended\nwell\n' });
    expect(pids.split(' ')).toHaveLength(2);
    await until(() => !pids.split(' ').map(Number).some(isAlive));
  });

  it('with guard: false live on', async () => {
    const script = starts.replaceAll('{ terminate: { grace: 300 } }', '{ guard: false }');
    const finished = await inWorker(script, main.replace('END', 'thread.terminate()'));
    const pids = (finished.stdout.split('\n')[0] as string).split(' ').map(Number);
    expect(finished.code).toBe(0);
    expect(pids.map(isAlive)).toEqual([true, true]);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until(() => !pids.some(isAlive));
  });
});
