/**
 * Long runs: thousands of children, random ends, and nothing lost or left. `--short` for a minute or two,
 * `--seed N` to repeat one run; `sync` or `jobs` for that of `spillway sync` or of jobs alone.
 *
 * Not a benchmark: it asserts what must hold whatever the machine's load.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run, start } from 'spillway';
import { generator } from './random.js';
import { smokeOnArm64, whyNotArm64 } from './stress-arm64.js';
import { hangsAreFound, healthyIsLeftAlone } from './stress-doctor.js';
import { guardIsAttacked, hiddenAreFound, whyNoAttack } from './stress-hidden.js';
import { jobsSurvive, whyNoJobs } from './stress-jobs.js';
import { featuresOnMusl, whyNotMusl } from './stress-musl.js';
import { numbersBeginAnew, whyNotNumbers } from './stress-numbers.js';
import { diskFillsUp, linkIsCut, manyNames, whyNoFullDisk, whyNoSync } from './stress-sync.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean' }, seed: { type: 'string' } },
});
const scale = values.short ? 1 : 20;
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const random = generator(seed);
const spillDirectory = mkdtempSync(join(tmpdir(), 'spillway-stress-'));
console.log(`stress, seed ${seed}${values.short ? ', short' : ''}`);

// Node opens a descriptor of its own with the first pipe that it reads.
await run('sleep', ['0.05']);
if (positionals.length > 0) {
  if (positionals.includes('sync')) await syncs();
  if (positionals.includes('jobs')) await underAttack();
  rmSync(spillDirectory, { recursive: true });
  console.log('all held');
  process.exit();
}
await phase('starts in a row: descriptors, threads and memory stay flat', startsInARow);
await phase('a thousand at once, all captured', manyAtOnce);
await phase('the last bytes before an exit are never lost', lastBytes);
await phase('every way to end, mixed', mixedEnds);
await phase('lines read late, early, slowly and in part', readers);
await phase('by node:child_process, no byte is lost beside a grandchild that holds the pipe', () =>
  byNode(heldPipes),
);
await phase('by node:child_process, an exit at the moment of the timeout is one or the other', () =>
  byNode(exitsAtTimeouts),
);
const noNumbers = whyNotNumbers();
if (noNumbers) console.log(`  process numbers that begin anew: skipped (${noNumbers})`);
else await phase('process numbers begin anew: no daemon is missed, no stranger hit', numbers);
await phase('processes that show no mark are found by their relations', () => hiddenAreFound(16 * scale));
const noAttack = whyNoAttack();
if (noAttack) console.log(`  a guard under attack: skipped (${noAttack})`);
else await phase('a guard under attack signals nothing but its own', () => guardIsAttacked(5 * scale, seed));
await phase('the doctor finds every hang', () => hangsAreFound(scale));
await phase('the doctor flags nothing that works, idles or is slow', () =>
  healthyIsLeftAlone(values.short ? 25 : 1000),
);
const noArm64 = whyNotArm64();
if (noArm64) console.log(`  the smoke program on arm64: skipped (${noArm64})`);
else await phase('the smoke program on arm64, emulated', smokeOnArm64);
await syncs();
await underAttack();
const noMusl = whyNotMusl();
if (noMusl) console.log(`  the features on musl: skipped (${noMusl})`);
else await phase('the features on musl, by Bun', featuresOnMusl);
rmSync(spillDirectory, { recursive: true });
console.log('all held');

async function syncs() {
  const noSync = whyNoSync();
  if (noSync) return console.log(`  spillway sync over a link that is cut: skipped (${noSync})`);
  const cuts = values.short ? 5 : 20;
  await phase(`spillway sync over a link that is cut ${cuts} times`, () => linkIsCut(cuts, random));
  const names = values.short ? 20_000 : 1_000_000;
  await phase(`spillway sync is told ${names} names`, () => manyNames(names));
  const noFullDisk = whyNoFullDisk();
  if (noFullDisk) console.log(`  spillway sync on a full disk: skipped (${noFullDisk})`);
  else await phase('spillway sync on a full disk, which then gets room', diskFillsUp);
}

async function underAttack() {
  const noJobs = whyNoJobs();
  if (noJobs) return console.log(`  jobs under attack: skipped (${noJobs})`);
  const kills = values.short ? 30 : 1000;
  await phase(`jobs survive ${kills} kills, each run once at a time`, () => jobsSurvive(kills, seed));
}

async function startsInARow() {
  const each = 500 * scale;
  for (let i = 0; i < each; i++) await run('echo', ['hi']);
  const before = footprint();
  for (let i = 0; i < each * 2; i++) await run('echo', ['hi']);
  const after = footprint();
  assert.equal(after.descriptors, before.descriptors);
  assert.equal(after.threads, before.threads);
  assert.ok(
    after.megabytes - before.megabytes < 16,
    `memory grew by ${after.megabytes - before.megabytes} MB`,
  );
}

async function manyAtOnce() {
  for (let round = 0; round < scale; round++) {
    const results = await Promise.all(Array.from({ length: 1000 }, (_, i) => run('echo', [String(i)])));
    results.forEach(({ stdout }, i) => {
      assert.equal(stdout, String(i));
    });
  }
}

/** A grandchild holds the pipe, so that only FIONREAD at the exit says where the child's output ends. */
async function lastBytes() {
  for (let i = 0; i < 300 * scale; i++) {
    const size = 1 + Math.floor(random() * 65_000);
    const script = `sleep 100 & head -c ${size} /dev/zero`;
    const { output } = await run('sh', ['-c', script]);
    assert.equal(output.stdout.size, size);
  }
}

async function mixedEnds() {
  const ways = [
    async () => assert.equal((await run('sh', ['-c', 'exit 3'], { check: false })).exitCode, 3),
    async () => assert.equal((await run('sh', ['-c', 'kill -9 $$'], { check: false })).signal, 'SIGKILL'),
    async () =>
      assert.equal((await run('sleep', ['100'], { timeout: random() * 30, check: false })).reason, 'timeout'),
    async () => {
      const aborter = new AbortController();
      setTimeout(() => aborter.abort(), random() * 20);
      const options = { signal: aborter.signal, check: false, terminate: { grace: 20 } };
      assert.equal((await run('sh', ['-c', 'trap "" TERM; sleep 100; sleep 100'], options)).reason, 'abort');
    },
    async () => {
      const bytes = 200_000 + Math.floor(random() * 2_000_000);
      const options = { memory: 10_000, spillDirectory };
      const result = await run('head', ['-c', String(bytes), '/dev/zero'], options);
      assert.equal(result.output.stdout.size, bytes);
      result[Symbol.dispose]();
    },
    async () => assert.ok((await run('true', { input: Buffer.alloc(1_000_000) })).ok),
    async () =>
      assert.equal((await run('yes', { outputLimit: 100_000, check: false })).reason, 'output-limit'),
    async () => {
      const child = start('sh', ['-c', 'sleep 100 & sleep 100 & wait']);
      setTimeout(() => child.kill('SIGINT'), random() * 10);
      await child.terminate();
    },
  ];
  for (let i = 0; i < 60 * scale; i++) {
    await Promise.all(Array.from({ length: 10 }, () => ways[Math.floor(random() * ways.length)]()));
  }
}

async function readers() {
  for (let i = 0; i < 15 * scale; i++) {
    const count = 1 + Math.floor(random() * 50_000);
    const wanted = random() < 0.3 ? Math.floor(random() * count) : count;
    const child = start('seq', [String(count)], {
      stdout: random() < 0.5 ? 'auto' : 'stream',
      memory: 20_000,
      spillDirectory,
    });
    if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 30));
    let seen = 0;
    for await (const line of child.stdout.lines()) {
      seen++;
      assert.equal(line, String(seen));
      if (seen % 10_000 === 0 && random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 5));
      if (seen === wanted) break;
    }
    if (wanted > 0) assert.equal(seen, wanted);
    // What had spilled before anyone read it is the result's.
    (await child.result)[Symbol.dispose]();
  }
}

/** With the second backend, whose tests do the same a few times only. */
async function byNode(body) {
  process.env.SPILLWAY_BACKEND = 'node';
  try {
    for (let round = 0; round < scale; round++) await body();
  } finally {
    delete process.env.SPILLWAY_BACKEND;
  }
}

/** A thousand, as in test/process/settling.test.ts. */
async function heldPipes() {
  const one = async (i) => {
    const holder = i % 4 === 0 ? 'sleep 20 &' : '';
    const { stdout, stderr } = await run('sh', ['-c', `${holder} echo out ${i}; echo err ${i} >&2`]);
    assert.deepEqual([stdout, stderr], [`out ${i}`, `err ${i}`]);
  };
  for (let done = 0; done < 1000; done += 20)
    await Promise.all(Array.from({ length: 20 }, (_, i) => one(done + i)));
}

/** A thousand, as in test/process/faults.test.ts. */
async function exitsAtTimeouts() {
  const script = 'trap "exit 7" TERM; sleep 0.02 & wait; echo whole';
  for (let done = 0; done < 1000; done += 20) {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => run('sh', ['-c', script], { timeout: 15 + i, check: false })),
    );
    for (const { reason, ok, exitCode, signal, stdout } of results) {
      assert.ok(reason === 'exit' || reason === 'timeout', reason);
      assert.equal(ok, reason === 'exit');
      if (reason === 'exit') assert.deepEqual([exitCode, stdout], [0, 'whole']);
      else assert.ok([0, 7, undefined].includes(exitCode), `exit code ${exitCode}`);
      assert.ok([undefined, 'SIGTERM'].includes(signal), signal);
    }
  }
}

/** With both backends, in pid namespaces of their own. */
async function numbers() {
  const rounds = values.short ? 4 : 60;
  for (const pidMax of values.short ? [400, 1000] : [400, 700, 1500, 4000]) {
    await numbersBeginAnew(pidMax, rounds, seed);
    process.env.SPILLWAY_BACKEND = 'node';
    await numbersBeginAnew(pidMax, rounds, seed + 1).finally(() => delete process.env.SPILLWAY_BACKEND);
  }
}

/** Runs one part and then asserts that nothing of it is left. */
async function phase(title, body) {
  const before = descriptors();
  const started = performance.now();
  await body();
  const end = performance.now() + 10_000;
  while (leftBehind(before).length > 0 && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(leftBehind(before), []);
  console.log(`  ${title}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function leftBehind(before) {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
  const files = readdirSync(spillDirectory);
  return [
    ...children.map((pid) => `child ${pid}`),
    ...files,
    ...[...descriptors()].filter((fd) => !before.has(fd)),
  ];
}

function descriptors() {
  const found = new Set();
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      if (!target.includes('/proc/')) found.add(`${fd} → ${target}`);
    } catch {}
  }
  return found;
}

function footprint() {
  globalThis.gc?.();
  const status = readFileSync('/proc/self/status', 'utf8');
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { descriptors: descriptors().size, threads: number('Threads'), megabytes: number('VmRSS') / 1024 };
}
