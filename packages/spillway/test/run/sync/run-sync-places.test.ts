/**
 * Where runSync() may be called: beside other children, inside another call, in worker threads, at the
 * program's end.
 */
import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type OutputMessage, run, runSync, start } from '../../../src/index.js';
import { checkForLeaks, children, isAlive, openDescriptors, until } from '../../helpers/leaks.js';
import { runNode } from '../../helpers/programs.js';

checkForLeaks();

describe('A thousand calls of runSync()', () => {
  it('leave no descriptor and no child', () => {
    runSync('true');
    const before = { descriptors: openDescriptors().size, children: children().size };
    for (let i = 0; i < 1000; i++) {
      const { stdout } = runSync('echo', [String(i)], { input: 'x' });
      if (stdout !== String(i)) expect(stdout).toBe(String(i));
    }
    expect({ descriptors: openDescriptors().size, children: children().size }).toEqual(before);
  });

  it('leave nothing when the program cannot be started', () => {
    const before = openDescriptors().size;
    for (let i = 0; i < 100; i++) {
      expect(() =>
        runSync('true', { cwd: '/no/such/place', input: 'x', stdout: ['inherit', 'capture'] }),
      ).toThrow();
    }
    expect(openDescriptors().size).toBe(before);
  });
});

describe('runSync() beside other children', () => {
  it('takes no exit and no byte from them', async () => {
    const quick = Array.from({ length: 5 }, (_, i) =>
      run('sh', ['-c', `seq 1 20000; exit ${i}`], { check: false }),
    );
    const slow = Array.from({ length: 5 }, (_, i) =>
      run('sh', ['-c', `sleep 0.3; exit ${i}`], { check: false }),
    );
    const node = Array.from({ length: 5 }, (_, i) =>
      promisify(execFile)('sh', ['-c', `sleep 0.0${i}; echo ${i}`]),
    );
    const sync = Array.from({ length: 20 }, (_, i) => runSync('sh', ['-c', `sleep 0.02; echo ${i}`]).stdout);
    expect(sync).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
    for (const [i, { exitCode, stdout }] of (await Promise.all(quick)).entries()) {
      expect(exitCode).toBe(i);
      expect(stdout.length).toBe(108_893);
    }
    for (const [i, { exitCode }] of (await Promise.all(slow)).entries()) expect(exitCode).toBe(i);
    for (const [i, { stdout }] of (await Promise.all(node)).entries()) expect(stdout).toBe(`${i}\n`);
  });

  it('lets a child wait whose output is not read meanwhile, and the child goes on afterwards', async () => {
    const child = start('seq', ['1', '300000'], { stdout: 'stream' });
    runSync('sleep', ['0.2']);
    const bytes = await child.stdout.bytes();
    expect(bytes.length).toBe(1_988_895);
    expect((await child.result).ok).toBe(true);
  });

  it('does not time out a run that exited in time while the thread was blocked', async () => {
    const other = run('sh', ['-c', 'echo in time'], { timeout: 300 });
    runSync('sleep', ['0.6']);
    expect(await other).toMatchObject({ reason: 'exit', stdout: 'in time' });
  });
});

describe('runSync() may be called', () => {
  it('in a function that takes the output of another', () => {
    const inner: string[] = [];
    const { stdout } = runSync('sh', ['-c', 'for i in 1 2 3; do echo $i; sleep 0.05; done'], {
      stdout: ['capture', (chunk) => void inner.push(runSync('cat', { input: chunk }).stdout)],
    });
    expect(stdout).toBe('1\n2\n3');
    expect(inner.join('\n')).toBe(stdout);
  });

  it('in a listener to the diagnostics channels, which report synchronous runs as any', () => {
    const seen: number[] = [];
    const listener = (message: unknown) => {
      const { pid, bytes } = message as OutputMessage;
      if (pid === outer) seen.push(bytes);
    };
    let outer = 0;
    const started = (message: unknown) => {
      outer ||= (message as { pid: number }).pid;
      if ((message as { pid: number }).pid === outer)
        expect(runSync('echo', ['nested']).stdout).toBe('nested');
    };
    subscribe('spillway:start', started);
    subscribe('spillway:output', listener);
    try {
      expect(runSync('echo', ['outer']).stdout).toBe('outer');
    } finally {
      unsubscribe('spillway:start', started);
      unsubscribe('spillway:output', listener);
    }
    expect(seen).toEqual([6]);
  });
});

describe('runSync() at the end of the program', () => {
  it.each(['exit', 'beforeExit', 'uncaughtException'])('works in a handler of %s', async (event) => {
    const finished = await runNode(`
      process.on('${event}', () => {
        const options = { input: 'from stdin', timeout: '20s' };
        const { stdout } = runSync('sh', ['-c', 'head -c 100000 /dev/zero | wc -c; cat'], options);
        console.log(stdout);
      });
      if ('${event}' === 'uncaughtException') throw new Error('unexpected');
    `);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(finished.stdout).toBe('100000\nfrom stdin\n');
  });

  it('holds nothing that would keep the program from ending', async () => {
    const finished = await runNode("runSync('echo', ['x'])", { timeoutMs: 20_000 });
    expect(finished).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('leaves no command behind when the blocked program is killed by SIGKILL', async () => {
    const finished = await runNode(`
      runSync('sh', ['-c', 'echo $$; sleep 1000'], { stdout: (chunk) => {
        console.log(String(chunk));
        runSync('sh', ['-c', 'kill -KILL $PPID']);
      } });
    `);
    expect(finished.signal).toBe('SIGKILL');
    await until(() => !isAlive(Number.parseInt(finished.stdout, 10)));
  });
});

describe('runSync() in a worker thread', () => {
  const inWorker = (script: string) => `
    import { Worker } from 'node:worker_threads';
    import { once } from 'node:events';
    const library = ${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)};
    const worker = new Worker(\`
      const { parentPort } = require('node:worker_threads');
      import(\${JSON.stringify(library)}).then(({ run, runSync }) => { ${script} })
        .catch((error) => parentPort.postMessage(error.message));
    \`, { eval: true });
  `;

  it('has streams, limits and failures', async () => {
    const finished = await runNode(`${inWorker(`
        const options = { input: Buffer.alloc(2000000), memory: 65536 };
        const big = runSync('sh', ['-c', 'head -c 3000000 /dev/zero; wc -c >&2'], options);
        const late = runSync('sh', ['-c', 'sleep 1000'], { timeout: 200, check: false });
        let missing; try { runSync('no-such-program') } catch (error) { missing = error.code }
        parentPort.postMessage([big.output.stdout.size, big.stderr.trim(), late.reason, missing]);
      `)}
      console.log(JSON.stringify((await once(worker, 'message'))[0]));
    `);
    expect(finished).toMatchObject({
      code: 0,
      stderr: '',
      stdout: '[3000000,"2000000","timeout","ENOENT"]\n',
    });
  });

  it('gives the child the environment of the thread, not of the process', async () => {
    const finished = await runNode(`${inWorker(`
        process.env.SET_IN_WORKER = 'yes';
        delete process.env.HOME;
        parentPort.postMessage(runSync('sh', ['-c', 'echo $SET_IN_WORKER-$HOME-$GIVEN']).stdout);
      `)}
      console.log((await once(worker, 'message'))[0]);
    `);
    expect(finished.stdout).toBe('yes--\n');
  });

  it('leaves the process no descriptor, no child and no warning when the thread ends', async () => {
    const finished = await runNode(`${inWorker("for (let i = 0; i < 3; i++) runSync('cat', { input: 'x' });")}
      import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
      await once(worker, 'exit');
      const open = () => readdirSync('/proc/self/fd').map((fd) => {
        try { return readlinkSync('/proc/self/fd/' + fd); } catch { return ''; }
      });
      const childrenOf = (task) => readFileSync('/proc/self/task/' + task + '/children', 'utf8');
      const children = readdirSync('/proc/self/task').map(childrenOf);
      console.log(open().filter((target) => /memfd|pidfd|loadavg/.test(target)), children.join('') === '');
    `);
    expect(finished).toMatchObject({ code: 0, stdout: '[] true\n', stderr: '' });
  });

  it('does not block the main thread, and both start children side by side', async () => {
    const finished = await runNode(`${inWorker(`
        for (let i = 0; i < 100; i++)
          if (runSync('echo', [String(i)]).stdout !== String(i)) throw new Error('wrong');
        runSync('sleep', ['0.5']);
        parentPort.postMessage('all right');
      `)}
      let turns = 0;
      const timer = setInterval(() => turns++, 10);
      const here = Promise.all(Array.from({ length: 100 }, (_, i) => run('echo', [String(i)])));
      const [message] = await once(worker, 'message');
      clearInterval(timer);
      const wrong = (await here).filter(({ stdout }, i) => stdout !== String(i)).length;
      console.log(message, wrong, turns > 20);
    `);
    expect(finished).toMatchObject({ code: 0, stdout: 'all right 0 true\n' });
  });
});

it('runSync() throws StartError with a reason when its system calls are ruled out', async () => {
  const finished = await runNode(
    `
    try { runSync('echo', ['x'], { input: 'x' }); } catch (error) { console.log(error.code, error.message); }
  `,
    { via: ['env', 'SPILLWAY_BACKEND=node'] },
  );
  expect(finished.stdout).toMatch(/^ENOTSUP cannot start echo: .*SPILLWAY_BACKEND is node; use run\(\)/);
});

it('Ctrl-C during runSync() ends a program without a listener, and the guard ends the command', async () => {
  const child = start(
    'sh',
    [
      '-c',
      'exec "$@"',
      'sh',
      process.execPath,
      '--input-type=module',
      '-e',
      `import { runSync } from ${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)};
     runSync('sh', ['-c', 'echo $$; exec sleep 1000'], { stdout: 'inherit' });`,
    ],
    // What it leaves is for its own guard to end, not for this one's.
    { check: false, leftovers: 'leave' },
  );
  const pid = Number((await child.stdout.lines().next()).value);
  process.kill(child.pid, 'SIGINT');
  expect(await child.result).toMatchObject({ signal: 'SIGINT' });
  await until(() => !isAlive(pid));
});

it('A SIGINT listener is called when the command of runSync() is over', async () => {
  const child = start('sh', [
    '-c',
    'exec "$@"',
    'sh',
    process.execPath,
    '--input-type=module',
    '-e',
    `import { runSync } from ${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)};
     process.on('SIGINT', () => console.log('heard'));
     console.log('blocked');
     console.log(runSync('sh', ['-c', 'sleep 0.5; echo over']).stdout);
     await new Promise((resolve) => setTimeout(resolve, 50));`,
  ]);
  const lines = child.stdout.lines();
  expect((await lines.next()).value).toBe('blocked');
  process.kill(child.pid, 'SIGINT');
  expect((await lines.next()).value).toBe('over');
  expect((await lines.next()).value).toBe('heard');
  await child.result;
});
