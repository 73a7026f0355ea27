/**
 * Processes that show no mark, and a guard under attack. `node stress-hidden.js attack SEED` is the program
 * that drops its rights, inside a namespace; `… judge COUNT SEED` starts it, beside strangers.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, start } from 'spillway';
import { generator } from './random.js';

const NAMESPACES = ['--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
const HIDDEN = fileURLToPath(new URL('../packages/spillway/test/children/hidden.py', import.meta.url));
const SELF = fileURLToPath(import.meta.url);
const moment = () => new Promise((resolve) => setTimeout(resolve, 10));

/** Titled, bare and non-dumpable ones, where their relations show: each is ended with its child. */
export async function hiddenAreFound(count) {
  const kinds = [
    ['title daemon stderr hidden', 'exit 0', { leftovers: 'kill-all' }],
    ['bare daemon stdout hidden', 'exit 0', { leftovers: 'kill-all' }],
    ['title daemon none marked', 'exit 0', { leftovers: 'kill-all' }],
    ['bare daemon none marked', 'kill -SEGV $$', {}],
    ['title session none hidden', 'exec sleep 300', { ends: true }],
    ['bare session none hidden', 'exec sleep 300', { ends: true }],
    ['secret session none hidden', 'exec sleep 300', { ends: true }],
    ['title daemon stderr hidden', 'exec sleep 300', { ends: true }],
  ];
  const directory = mkdtempSync(join(tmpdir(), 'spillway-stress-'));
  const one = async (i) => {
    const [words, then, { ends, ...options }] = kinds[i % kinds.length];
    const [how, where, keep, worker] = words.split(' ');
    const file = join(directory, String(i));
    const script = `python3 "$0" ${how} ${where} ${keep} ${file} ${worker} &
      while ! [ -e ${file} ]; do sleep 0.02; done; ${then}`;
    const child = start('sh', ['-c', script, HIDDEN], { ...options, check: false });
    if (ends) {
      while (!existsSync(file)) await moment();
      await child.terminate();
    }
    const { leftovers } = await child.result;
    const pids = readFileSync(file, 'utf8').split(' ').map(Number);
    const alive = pids.filter(isAlive);
    for (const pid of alive) process.kill(pid, 'SIGKILL');
    assert.deepEqual(alive, [], `${words}: not ended`);
    for (const pid of pids)
      assert.ok(
        leftovers.some((leftover) => leftover.pid === pid),
        `${words}: not named`,
      );
  };
  for (let i = 0; i < count; i += 8) await Promise.all(Array.from({ length: 8 }, (_, k) => one(i + k)));
  rmSync(directory, { recursive: true });
}

/** Why it cannot be tried here, or undefined. */
export function whyNoAttack() {
  if (process.getuid?.() !== 0) return 'needs root';
  return spawnSync('unshare', [...NAMESPACES, 'true']).status === 0 ? undefined : 'cannot make namespaces';
}

/** With dash and with bash as sh: strangers live on, no word is run as code, and the own child is ended. */
export async function guardIsAttacked(count, seed) {
  for (const prepare of [':', 'mount --bind "$(command -v bash)" "$(readlink -f /bin/sh)"']) {
    const inside = [process.execPath, SELF, 'judge', String(count), String(seed)];
    const args = [...NAMESPACES, 'sh', '-c', `${prepare} && exec "$@"`, 'sh', ...inside];
    const { stdout } = await run('unshare', args, { timeout: '10m' });
    assert.deepEqual(JSON.parse(stdout), { strangersLeft: 8, childrenLeft: 0, codeRun: 0 });
  }
}

async function judge(count, seed) {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-stress-'));
  const strangers = Array.from({ length: 8 }, (_, i) =>
    spawn('/bin/sleep', ['3000'], { env: { TOKEN: `secret ${i}` }, detached: true, stdio: 'ignore' }),
  );
  const children = [];
  for (let i = 0; i < count; i++) {
    const options = { stdio: ['ignore', 'pipe', 'inherit'] };
    const args = [SELF, 'attack', String(seed + i), directory, strangers.map(({ pid }) => pid).join(' ')];
    const program = spawn(process.execPath, args, options);
    let text = '';
    program.stdout.on('data', (data) => {
      text += data;
    });
    await new Promise((resolve) => program.on('close', resolve));
    children.push(...text.trim().split(' ').map(Number));
    while (guards().length > 0) await moment();
  }
  const end = performance.now() + 10_000;
  while (children.some(isAlive) && performance.now() < end) await moment();
  const strangersLeft = strangers.filter(({ pid }) => isAlive(pid)).length;
  const childrenLeft = children.filter(isAlive).length;
  const codeRun = readdirSync(directory).length;
  for (const stranger of strangers) stranger.kill('SIGKILL');
  rmSync(directory, { recursive: true });
  console.log(JSON.stringify({ strangersLeft, childrenLeft, codeRun }));
}

/** Starts a child as root, drops its rights, fills the list with hostile lines, and dies. */
async function attack(seed, directory, strangers) {
  const random = generator(seed);
  const child = start('sleep', ['3000']);
  const variable = readFileSync(`/proc/${child.pid}/environ`, 'latin1')
    .split('\0')
    .find((text) => text.startsWith('SPILLWAY_RUN='));
  const mark = variable.replace(/^.*=/, '');
  const prefix = mark.replace(/\d+;$/, '');
  const list = Number(
    readdirSync('/proc/self/fd').find((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).includes('spillway-guard');
      } catch {
        return false;
      }
    }),
  );
  process.setgid(65534);
  process.setuid(65534);
  const code = ['$(', `touch\${IFS}${directory}/x`, ')'].join('');
  const words = [
    '',
    prefix,
    mark,
    'TOKEN',
    'TOKEN=secret',
    '.*',
    '=',
    '9',
    '15',
    '0',
    '08',
    '-9',
    '99999999999',
    `a[${code}]`,
    code,
    `\`touch ${directory}/x\``,
    ...strangers.split(' '),
    '/proc/1/environ:SPILLWAY_RUN=',
    '*',
    '\0',
    '%s',
    '-e',
    ';',
  ];
  for (let slot = 20; slot < 220; slot++) {
    const count = 1 + Math.floor(random() * 5);
    const glue = random() < 0.7 ? ' ' : '';
    const text = Array.from({ length: count }, () => words[Math.floor(random() * words.length)]).join(glue);
    writeSync(list, `${text.slice(0, 63).padEnd(63)}\n`, slot * 64);
  }
  process.stdout.write(`${child.pid}\n`, () => process.kill(process.pid, 'SIGKILL'));
}

function guards() {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        isAlive(pid) &&
        readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('spillway-guard')
      );
    } catch {
      return false;
    }
  });
}

function isAlive(pid) {
  try {
    return !/^[ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, ''));
  } catch {
    return false;
  }
}

const [, program, role, ...rest] = process.argv;
if (program === SELF && role === 'judge') await judge(Number(rest[0]), Number(rest[1]));
if (program === SELF && role === 'attack') await attack(Number(rest[0]), rest[1], rest[2]);
