/** Small containers, as far as namespaces and a filter of system calls make them here. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { backend } from '../helpers/backend.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { childProgram, runNode } from '../helpers/programs.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(4);

const NAMESPACE = ['unshare', '--mount', '--pid', '--fork', '--kill-child'];
const isPossible = spawnSync('unshare', [...NAMESPACE.slice(1), 'true']).status === 0;
/** In namespaces of its own, after `prepare`. The shell is process 1, and reaps orphans. */
const within = (prepare: string) => [...NAMESPACE, 'sh', '-c', `${prepare} && { "$@"; exit $?; }`, 'sh'];
const PROC = 'mount -t proc proc /proc';
const STRANGER = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
/** Node may be where only its owner may reach it. */
const mayBeStranger = spawnSync('setpriv', [...STRANGER.slice(1), process.execPath, '-v']).status === 0;

/** What every container is to have: output beyond a pipe, input, a timeout that ends the tree, `runSync`. */
const USE = `
  const input = Buffer.alloc(300_000, 'x');
  const { stdout } = await run('cat', { input, encoding: 'buffer' });
  const late = await run('sh', ['-c', 'sleep 60 & exec sleep 60'], { timeout: 300 }).catch((error) => error);
  const alive = () => { try { process.kill(-late.result.pid, 0); return true; } catch { return false; } };
  // A zombie counts until init reaps it.
  for (const end = Date.now() + 20_000; alive() && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 5));
  const sync = process.env.SPILLWAY_BACKEND === 'node' ? 'sync' : runSync('echo', ['sync']).stdout;
  console.log(stdout.equals(input), late.result?.reason ?? late.message, alive(), sync);
`;
const USED = 'true timeout false sync\n';

/** `script` in a worker thread. */
const inThread = (script: string) => `
  import { isMainThread, Worker } from 'node:worker_threads';
  import { fileURLToPath } from 'node:url';
  if (isMainThread) new Worker(fileURLToPath(import.meta.url));
  else { ${script} }
`;

describe.skipIf(!isPossible || backend === 'node')('A program that is process 1 (needs namespaces)', () => {
  it('reaps the orphans of its commands, and leaves their exits to the children of other code', async () => {
    const finished = await runNode(
      `
      import { spawn } from 'node:child_process';
      import { readdirSync, readFileSync } from 'node:fs';
      const stateOf = (pid) => {
        try {
          return readFileSync('/proc/' + pid + '/stat', 'latin1').split(') ')[1][0];
        } catch { return ''; }
      };
      const zombies = () => readdirSync('/proc').filter((name) => stateOf(name) === 'Z');
      const codes = [];
      const byNode = async () => {
        for (let code = 0; code < 20; code++)
          codes.push(await new Promise((resolve) => spawn('sh', ['-c', 'exit ' + code]).on('exit', resolve)));
      };
      const orphans = async () => {
        for (let i = 0; i < 5; i++) await run('sh', ['-c', '(setsid true >/dev/null 2>&1 &); exit 0']);
      };
      await Promise.all([byNode(), orphans()]);
      while (zombies().length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      console.log(process.pid, codes.every((code, index) => code === index));`,
      { via: ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] },
    );
    expect(finished).toEqual({ code: 0, signal: null, stdout: '1 true\n', stderr: '' });
  });
});

describe.skipIf(!isPossible)('In a container (needs namespaces)', () => {
  it.skipIf(!mayBeStranger)('for a user to whom /proc shows no process of others, all works', async () => {
    // Root would see them all the same.
    chmodSync(scratchDirectory(), 0o755);
    const hidden = within(`${PROC} && mount -o remount,hidepid=2 /proc`);
    const via = [...hidden, ...STRANGER];
    expect(await runNode(USE, { via })).toEqual({ code: 0, signal: null, stdout: USED, stderr: '' });
  });

  it('without /proc all works, and the guard warns once that it cannot', async () => {
    const via = within('umount -l /proc');
    const { stderr, ...rest } = await runNode(USE, { via });
    expect(rest).toEqual({ code: 0, signal: null, stdout: USED });
    expect(stderr.match(/SpillwayWarning/g)).toHaveLength(1);
    expect(stderr).toMatch(/children cannot be guarded.*\/proc, which cannot be read/);
  });

  it('without /proc a worker thread runs commands', async () => {
    const via = within('umount -l /proc');
    const { code, stdout } = await runNode(inThread(USE), { via });
    expect([code, stdout]).toEqual([0, USED]);
  });

  it('without a directory for temporary files a worker thread is guarded without a warning', async () => {
    const via = ['env', 'TMPDIR=/no/such/place'];
    const finished = await runNode(inThread(USE), { via });
    expect(finished).toEqual({ code: 0, signal: null, stdout: USED, stderr: '' });
  });

  it('whose temporary files cannot be written output spills to /var/tmp', async () => {
    const place = join(scratchDirectory(), 'read-only');
    const via = within(
      `${PROC} && mkdir ${place} && mount -t tmpfs -o ro none ${place} && export TMPDIR=${place}`,
    );
    const script = `
      import { readlinkSync, readdirSync } from 'node:fs';
      const options = { memory: 1000 };
      const { output } = await run('head', ['-c', '200000', '/dev/zero'], options);
      const files = readdirSync('/proc/self/fd').flatMap((fd) => {
        try { return [readlinkSync('/proc/self/fd/' + fd)]; } catch { return []; }
      });
      const isThere = files.some((file) => file.startsWith('/var/tmp/'));
      console.log(output.stdout.size, output.stdout.spilled, isThere);
    `;
    expect(await runNode(script, { via })).toMatchObject({
      code: 0,
      stdout: '200000 true true\n',
      stderr: '',
    });
  });

  it('in which nothing can be written, the error says what to set, and keeps the output', async () => {
    const place = join(scratchDirectory(), 'nowhere');
    const via = within(`${PROC} && mount -t tmpfs -o ro none /var/tmp && export TMPDIR=${place}`);
    const script = `
      const error = await run('head', ['-c', '200000', '/dev/zero'], { memory: 1000 }).catch((e) => e);
      console.log(error.cause.name, error.cause.code, error.result.output.stdout.size >= 1000);
      console.log(error.message);
    `;
    const { stdout } = await runNode(script, { via });
    expect(stdout).toMatch(/^SpillError ENOENT true\n/);
    expect(stdout).toContain(`cannot be spilled to ${place}`);
    expect(stdout).toContain('set spillDirectory (or the variable TMPDIR) to another file system');
  });
});

/** x86-64's numbers of memfd_create, pidfd_open, pidfd_send_signal, close_range, statx and clone3. */
const NEW_CALLS = ['319', '434', '424', '436', '332', '435'];
const noFilter =
  process.arch !== 'x64' || spawnSync('gcc', ['--version']).error !== undefined ? ' (needs gcc on x64)' : '';

describe.skipIf(noFilter !== '')(`A filter that forbids newer system calls${noFilter}`, () => {
  it('costs no result and no byte', async () => {
    const program = join(scratchDirectory(), 'filter');
    execFileSync('gcc', ['-o', program, childProgram('filter.c')]);
    const via = [program, ...NEW_CALLS, '--'];
    expect(await runNode(USE, { via })).toEqual({ code: 0, signal: null, stdout: USED, stderr: '' });
  });
});
