/**
 * A guard that runs with more rights than what is left of its program, and guards under odd conditions: tried
 * in namespaces of their own, where a mistake reaches no process of this machine.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { run } from '../../../src/index.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../../helpers/leaks.js';
import { notRoot, runNode } from '../../helpers/programs.js';
import { sideBySide } from '../../helpers/side-by-side.js';

checkForLeaks();
// A guard that looks at thousands of processes takes its time on a busy machine.
vi.setConfig({ testTimeout: 150_000 });

const it = sideBySide(4);

const NAMESPACES = ['unshare', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
const isPossible =
  notRoot === undefined && spawnSync('unshare', [...NAMESPACES.slice(1), 'true']).status === 0;

const WITHOUT_TR = 'mount --bind /dev/null "$(readlink -f "$(command -v tr)")"';

/** The file of the guard's list, and the prefix of this program's marks: what any of its code can find. */
const TOOLS = `
  import { openSync, readdirSync, readFileSync, readlinkSync, writeFileSync, writeSync } from 'node:fs';
  import { spawn } from 'node:child_process';
  const list = () => Number(readdirSync('/proc/self/fd').find((fd) => {
    try { return /memfd:spillway-guard|\\/spillway-guard /.test(readlinkSync('/proc/self/fd/' + fd)); }
    catch { return false; }
  }));
  const order = (slot, text) => writeSync(list(), text.padEnd(63) + '\\n', slot * 64);
  const variableOf = (pid) => readFileSync('/proc/' + pid + '/environ', 'latin1').split('\\0')
    .find((one) => one.startsWith('SPILLWAY_RUN=')) ?? '';
  /** Of a process that may be gone by now. */
  const textOf = (pid, name) => {
    try { return readFileSync('/proc/' + pid + '/' + name, 'latin1'); } catch { return ') X'; }
  };
  const statOf = (pid) => textOf(pid, 'stat').replace(/^.*\\) /s, '');
  const isAlive = (pid) => !/^[ZX]/.test(statOf(pid));
  const moment = () => new Promise((done) => setTimeout(done, 10));
  const until = async (condition) => { while (!condition()) await moment(); };
  const guards = () => readdirSync('/proc').filter((pid) => /^[0-9]+$/.test(pid) && isAlive(pid) &&
    textOf(pid, 'cmdline').includes('spillway-guard'));
  /** The parents of those that sleep: the part of the guard that watches leases. */
  const sleepers = () => readdirSync('/proc').filter((pid) => textOf(pid, 'cmdline').startsWith('sleep\\0'))
    .map((pid) => statOf(pid).split(' ')[1]);
`;

/**
 * Runs a program that kills itself at the end, within a namespace, and then the judge, who has the pids that
 * the program printed. The judge prints what the test expects.
 */
async function judged(program: string, judge: string, prepare = ':'): Promise<string> {
  chmodSync(scratchDirectory(), 0o755);
  const library = new URL('../../../dist/index.js', import.meta.url).href;
  const path = join(scratchDirectory(), 'program.mjs');
  const killed = "await new Promise((done) => setTimeout(done, 50)); process.kill(process.pid, 'SIGKILL');";
  const imports = `import { Lease, start, run } from ${JSON.stringify(library)};`;
  writeFileSync(path, `${imports} ${TOOLS} ${program} ${killed}`);
  const script = `${TOOLS}
    const stdio = ['ignore', 'pipe', 'inherit'];
    const program = spawn(process.execPath, [${JSON.stringify(path)}], { stdio });
    let text = '';
    program.stdout.on('data', (data) => { text += data; });
    await new Promise((done) => program.on('close', done));
    const pids = text.trim().split(' ').map(Number);
    await until(() => guards().length === 0);
    ${judge}`;
  const via = [...NAMESPACES, 'sh', '-c', `${prepare} && exec "$@"`, 'sh'];
  const { stdout, stderr } = await runNode(script, { via, timeoutMs: 140_000 });
  return stderr + stdout;
}

/** What the program says on stderr is printed first: a warning of the library, if there is one. */
const CHILD = `
  const child = start('sleep', ['300']);
  const prefix = variableOf(child.pid).replace(/^SPILLWAY_RUN=/, '').replace(/[0-9]+;$/, '');
`;
const HAS_BUSYBOX = spawnSync('busybox', ['true']).status === 0;
const BY_BUSYBOX = 'mount --bind "$(command -v busybox)" "$(readlink -f /bin/sh)"';
const WITHOUT_GREP = 'mount --bind /dev/null "$(readlink -f "$(command -v grep)")"';
const BY_BASH = 'mount --bind "$(command -v bash)" "$(readlink -f /bin/sh)"';

describe.skipIf(!isPossible)('A program that has dropped its rights', () => {
  it.each<[string, string]>([
    ['dash', ':'],
    ['bash', BY_BASH],
  ])('cannot have its guard, which runs as root in %s, signal strangers or run code', async (_, prepare) => {
    const program = `${CHILD}
      const secret = { TOKEN: 'secret', CGI: 'SPILLWAY_RUN=' + prefix + '7;' };
      const stranger = spawn('/bin/sleep', ['300'], { env: secret, detached: true, stdio: 'ignore' });
      const named = spawn('/bin/sleep', ['300'], {
        env: { X: 'SPILLWAY_RUN=' + prefix + '7;\\nSPILLWAY_RUN=' + prefix + '7;', SPILLWAY_RUN: '1-a.7;' },
        detached: true, stdio: 'ignore',
      });
      process.setgid(65534); process.setuid(65534);
      const touch = '$(touch${'$'}{IFS}/tmp/owned-' + child.pid + ')';
      ['TOKEN 9 0', 'sleep 9 0', 'SPILLWAY_RUN 9 0', '= 9 0', prefix + '7; 9 0',
        prefix + ' 9 0', '1-a.7; 9 0',
        prefix + '7;;TOKEN 9 0', prefix + '1; 9 a[' + touch + ']', prefix + '1; -9 0', prefix + '1; 9 08',
        prefix + '1; ' + touch + ' 0', touch + '; 9 0', '.* 9 0', prefix.replace(/[0-9]/g, '.') + '7; 9 0',
      ].forEach((text, index) => order(20 + index, text));
      console.log(child.pid, stranger.pid, named.pid);`;
    const judge = `
      const { existsSync } = await import('node:fs');
      await until(() => !isAlive(pids[0]));
      console.log(pids.map(isAlive).join(' '), existsSync('/tmp/owned-' + pids[0]));`;
    expect(await judged(program, judge, prepare)).toBe('false true true false\n');
  });

  it('gets a second guard for what it starts then, and the first stays for the rest', async () => {
    const program = `${CHILD}
      process.setgid(65534); process.setuid(65534);
      const later = start('sleep', ['300']);
      const statusOf = (pid) => readFileSync('/proc/' + pid + '/status', 'latin1');
      const users = guards().map((pid) => /^Uid:\\t\\d+\\t(\\d+)/m.exec(statusOf(pid))[1]);
      console.error(users.sort().join(' '));
      console.log(child.pid, later.pid);`;
    const judge = "await until(() => !pids.some(isAlive)); console.log(pids.map(isAlive).join(' '));";
    expect(await judged(program, judge)).toBe('0 65534\nfalse false\n');
  });
});

describe.skipIf(!isPossible)('The guard', () => {
  const gone = "await until(() => !pids.some(isAlive)); console.log('gone');";
  const ALL = `
    const pids = [];
    for (const script of ['echo $$; exec sleep 300', 'setsid sh -c "echo \\$\\$; exec sleep 300" & wait',
      'trap "" TERM; echo $$; while :; do sleep 0.1; done']) {
      const child = start('sh', ['-c', script], { terminate: { grace: 200 } });
      pids.push((await child.stdout.lines().next()).value);
    }
    console.log(pids.join(' '));`;

  it('works with bash as sh', async () => {
    expect(await judged(ALL, gone, BY_BASH)).toBe('gone\n');
  });

  it('works without grep', async () => {
    expect(await judged(ALL, gone, WITHOUT_GREP)).toBe('gone\n');
  });

  it.each([
    ['dash', ':'],
    ['bash', BY_BASH],
    ['a shell without grep', WITHOUT_GREP],
    ...(HAS_BUSYBOX ? [['busybox', BY_BUSYBOX] as [string, string]] : []),
  ])('ends what has lost its lease, in %s', async (_, prepare) => {
    const program = `
      const lease = new Lease(700);
      const script = 'setsid sh -c "echo \\$\\$; exec sleep 300" & wait';
      const child = start('sh', ['-c', script], { lease, check: false, terminate: { grace: 200 } });
      const pid = (await child.stdout.lines().next()).value;
      console.error(isAlive(pid));
      await child.result;
      console.error(isAlive(pid));
      console.log(pid);`;
    expect(await judged(program, gone, prepare)).toBe('true\nfalse\ngone\n');
  });

  it('that is killed with its program still ends what loses its lease, and then ends', async () => {
    const program = `
      const child = start('sleep', ['300'], { lease: new Lease('2s') });
      await until(() => guards().some((one) => sleepers().includes(one)));
      const all = guards();
      console.log(child.pid, ...all);
      for (const one of all)
        if (statOf(one).split(' ')[1] === String(process.pid)) process.kill(one, 'SIGKILL');
      process.kill(process.pid, 'SIGKILL');`;
    expect(await judged(program, gone)).toBe('gone\n');
  });

  it("works with a grep of its own kind in front of the system's in PATH", async () => {
    const bin = scratchDirectory();
    for (const tool of ['grep', 'tr', 'cat'])
      writeFileSync(join(bin, tool), `#!/bin/sh\necho called >>${bin}/called\nexit 1\n`, { mode: 0o755 });
    expect(await judged(ALL, gone, `export PATH=${bin}:$PATH`)).toBe('gone\n');
    expect(() => readFileSync(join(bin, 'called'))).toThrow('ENOENT');
  });

  it('works with more runs, and more processes, than fit into the arguments of a command', async () => {
    const program = `${ALL}
      const prefix = variableOf(pids[0]).replace(/^SPILLWAY_RUN=/, '').replace(/[0-9]+;$/, '');
      for (let slot = 50; slot < 6000; slot++) order(slot, prefix + slot + '; 15 20');
      for (let i = 0; i < 2100; i++) spawn('/bin/sleep', ['300'], { detached: true, stdio: 'ignore' });`;
    expect(await judged(program, gone, 'ulimit -s 256')).toBe('gone\n');
  });

  it('works with a file where memfd_create is refused', async () => {
    const refuse = 'echo 2 >/proc/sys/vm/memfd_noexec';
    const can = spawnSync('unshare', [...NAMESPACES.slice(1), 'sh', '-c', refuse]).status === 0;
    expect(await judged(ALL, gone, can ? refuse : ':')).toBe('gone\n');
  });

  it('says once that it cannot work without tr', async () => {
    const said = await judged("await run('true'); await run('true'); console.log(0);", '', WITHOUT_TR);
    expect(said.match(/SpillwayWarning/g)).toHaveLength(1);
    expect(said).toMatch(/SpillwayWarning: children cannot be guarded, .*the guard needs tr, which PATH/);
  });

  it('refuses a lease where it cannot work, and says why', async () => {
    const script = `
      const options = { lease: new Lease(60_000) };
      const calls = [
        () => run('true', options),
        async () => start('true', options).result,
        () => pipeline([['true'], ['true']], options),
      ];
      for (const call of calls) console.log((await call().catch((error) => error)).message);`;
    const { stdout } = await runNode(script, {
      via: ['unshare', '--mount', 'sh', '-c', `${WITHOUT_TR} && exec "$@"`, 'sh'],
    });
    const refusal = 'a lease needs a guard, and the guard needs tr, which PATH does not have (ENOTSUP)';
    expect(stdout.match(/^cannot start true.*$/gm)).toEqual([
      `cannot start true: ${refusal}`,
      `cannot start true: ${refusal}`,
      expect.stringContaining(refusal),
    ]);
  });

  it('says once that it cannot work without /proc', async () => {
    const script = "await run('true'); await run('true');";
    const via = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];
    const { stderr } = await runNode(script, { via });
    expect(stderr.match(/SpillwayWarning/g)).toHaveLength(1);
    expect(stderr).toContain('/proc, which cannot be read');
  });
});

it('A worker that was sent the text of a mark in another variable is not taken for a leftover', async () => {
  const script = `
    export SERVED="x SPILLWAY_RUN=$SPILLWAY_RUN" QUERY="$SPILLWAY_RUN"
    env -u SPILLWAY_RUN setsid sleep 60 >/dev/null 2>&1 &
    while [ "$(cut -d' ' -f6 /proc/$!/stat)" != $! ] || ! grep -q sleep /proc/$!/comm; do :; done; echo $!`;
  const { stdout, leftovers } = await run('sh', ['-c', script], { leftovers: 'kill-all' });
  const pid = Number(stdout);
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(pid));
  expect(leftovers.map((one) => one.pid)).not.toContain(pid);
});
