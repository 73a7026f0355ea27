/**
 * Process numbers that begin anew, in a pid namespace of its own with few of them: every daemon is found, and
 * no stranger is signalled. `node stress-numbers.js PID_MAX ROUNDS SEED` is the program inside.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run, start } from 'spillway';
import { generator } from './random.js';

const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
/** Since Linux 6.14 a pid namespace has a pid_max of its own; before, a write changes the machine's. */
const SCRIPT = `


  echo "$1" >/proc/sys/kernel/pid_max || exit 77
  shift
  exec "$@"`;

/** Why it cannot be tried here, or undefined. */
export function whyNotNumbers() {
  if (process.getuid?.() !== 0) return 'needs root';
  const [major = 0, minor = 0] = readFileSync('/proc/sys/kernel/osrelease', 'utf8').split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 14)) return 'needs Linux 6.14';
  return spawnSync('unshare', [...NAMESPACE, 'true']).status === 0
    ? undefined
    : 'cannot make a pid namespace';
}

/** @param {number} pidMax @param {number} rounds @param {number} seed */
export async function numbersBeginAnew(pidMax, rounds, seed) {
  const inside = [process.execPath, fileURLToPath(import.meta.url), pidMax, rounds, seed].map(String);
  const args = [...NAMESPACE, 'sh', '-c', SCRIPT, 'none', String(pidMax), ...inside];
  const { stdout } = await run('unshare', args, { timeout: '10m' });
  const { missed, hit, turns, daemons } = JSON.parse(stdout);
  assert.deepEqual({ missed, hit }, { missed: 0, hit: 0 });
  assert.ok(turns >= 2, `the numbers began anew ${turns} times only`);
  return { turns, daemons };
}

/** Inside: random commands that leave daemons, between strangers that come and go. */
async function chaos(pidMax, rounds, seed) {
  assert.equal(Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')), pidMax);
  const random = generator(seed);
  const forks = () => Number(/^processes (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))[1]);
  const before = forks();
  /** Long-lived, each in a session of its own, some without variables; killed ones are counted. */
  const strangers = new Map();
  let hit = 0;
  let isOver = false;
  const startStranger = () => {
    const options = { detached: true, stdio: 'ignore', ...(random() < 0.3 ? { env: {} } : {}) };
    const stranger = spawn('/bin/sleep', ['1000'], options);
    const ended = new Promise((resolve) => {
      stranger.on('exit', (_, signal) => {
        if (strangers.delete(stranger) && !isOver) hit++;
        resolve(signal);
      });
      stranger.on('error', resolve);
    });
    if (stranger.pid !== undefined) strangers.set(stranger, ended);
  };
  const stopStranger = () => {
    const [stranger] = [...strangers.keys()].filter(() => random() < 0.5);
    if (!stranger) return;
    strangers.delete(stranger);
    stranger.kill('SIGKILL');
  };
  /** Uses up numbers. */
  const burn = (count) =>
    new Promise((resolve) => {
      const script = `i=0; while [ $i -lt ${count} ]; do (:); i=$((i+1)); done`;
      spawn('/bin/sh', ['-c', script], { stdio: 'ignore' }).on('close', resolve).on('error', resolve);
    });
  const isAlive = (pid) => {
    try {
      return !/^[ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, ''));
    } catch {
      return false;
    }
  };

  const daemon = 'setsid sh -c "echo \\$\\$; exec sleep 1000" 2>/dev/null &';
  const range = pidMax - 300;
  let missed = 0;
  let daemons = 0;
  const oneRun = async () => {
    const ends = random();
    const forking = `i=0; while [ $i -lt ${Math.floor(random() * range * 1.2)} ]; do (:); i=$((i+1)); done`;
    const last = ends < 0.5 ? 'exec sleep 1000' : 'exit 0';
    const script = `${daemon} read -r go; ${random() < 0.5 ? forking : ':'}; ${last}`;
    const options = { stdin: 'pipe', check: false, leftovers: 'kill-all', terminate: { grace: 100 } };
    const child = start('sh', ['-c', script], options);
    const { value: pid } = await child.stdout.lines().next();
    if (pid === undefined) return;
    daemons++;
    const startTime = stat(Number(pid));
    child.stdin.end('\n');
    if (ends < 0.5) {
      await burn(Math.floor(random() * range * 1.2));
      await child.terminate();
    }
    await child.result;
    if (isAlive(Number(pid)) && stat(Number(pid)) === startTime) {
      missed++;
      process.kill(Number(pid), 'SIGKILL');
    }
  };
  for (let i = 0; i < 8; i++) startStranger();
  for (let round = 0; round < rounds; round++) {
    const atOnce = pidMax < 1000 ? 3 : 8;
    try {
      await Promise.all(Array.from({ length: atOnce }, oneRun));
    } catch (error) {
      // With so few numbers fork(2) may find none.
      if (error.code !== 'EAGAIN') throw error;
    }
    // Numbers that were this program's own come again as daemons'.
    for (let i = 0; i < range / 4; i++) await run('true');
    stopStranger();
    if (strangers.size < 8) startStranger();
  }
  isOver = true;
  for (const stranger of strangers.keys()) stranger.kill('SIGKILL');
  await Promise.all(strangers.values());
  const turns = Math.floor((forks() - before) / range);
  console.log(JSON.stringify({ missed, hit, turns, daemons }));
}

/** Its start time, as one text. */
function stat(pid) {
  if (!existsSync(`/proc/${pid}/stat`)) return undefined;
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await chaos(...process.argv.slice(2).map(Number));
