/**
 * Jobs and workers under attack: workers killed and stopped for longer than their lease, the database
 * restarted, connections stalled and cut, while jobs ignore SIGTERM and leave daemons. Each job holds a lock
 * as long as any process of it lives, so that two attempts at a time are seen.
 *
 * `node stress-jobs.js KILLS SEED` is the program inside a pid namespace of its own.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from 'spillway';
import { openJobs } from '../packages/spillway-jobs/dist/index.js';
import { Postgres, postgresObstacle } from '../packages/spillway-jobs/test/helpers/postgres.js';
import { generator } from './random.js';
import { Member } from './stress-jobs-fleet.js';
import { Relay } from './stress-jobs-relay.js';

const SELF = fileURLToPath(import.meta.url);
const HIDDEN = fileURLToPath(new URL('../packages/spillway/test/children/hidden.py', import.meta.url));
const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const LEASE_MS = 5000;
/** So that an attempt of a second is rather not lost: ten in a row, and the job itself is. */
const BETWEEN_KILLS_MS = 800;
const OPEN_JOBS = 24;
/** In the arguments or titles of daemons. */
const WORD = `spillway-stress-${Date.now()}`;
const RUN = 'SPILLWAY_STRESS_RUN';

/** A titled daemon keeps stderr: nothing else shows the worker, at the end of its job, whose it is. */
const JOB = `
key=$1 kind=$2 seconds=$3 word=$4 hidden=$5
exec 9>>"locks/$key"
flock -n 9 || echo "$key $SPILLWAY_ATTEMPT $kind" >>overlaps
case $kind in
  deaf) trap '' TERM; sleep "$seconds" ;;
  daemon)
    setsid sh -c 'trap "" TERM; sleep 300; :' "$word" >/dev/null 2>&1 &
    sleep "$seconds" ;;
  titled)
    HIDDEN_TITLE=$word python3 "$hidden" title daemon stderr "pids/$SPILLWAY_ATTEMPT" hidden
    until [ -e "pids/$SPILLWAY_ATTEMPT" ]; do sleep 0.05; done
    sleep "$seconds" ;;
  failing) sleep "$seconds"; exit 3 ;;
  *) sleep "$seconds" ;;
esac
echo "$key $SPILLWAY_ATTEMPT" >>done
`;
const KINDS = ['short', 'short', 'long', 'deaf', 'daemon', 'titled', 'failing'];

/** Why it cannot be tried here, or undefined. */
export function whyNoJobs() {
  if (postgresObstacle) return postgresObstacle;
  if (process.getuid?.() !== 0) return 'needs root';
  if (spawnSync('flock', ['--version']).status !== 0) return 'flock is not installed';
  return spawnSync('unshare', [...NAMESPACE, 'true']).status === 0
    ? undefined
    : 'cannot make a pid namespace';
}

export async function jobsSurvive(kills, seed) {
  const inside = [process.execPath, SELF, String(kills), String(seed)];
  // The shell reaps what is orphaned there.
  const args = [...NAMESPACE, 'sh', '-c', '"$@"; exit $?', 'sh', ...inside];
  await run('unshare', args, { stdout: 'inherit', stderr: 'inherit', timeout: '2h' });
}

async function inside(kills, seed) {
  process.env[RUN] = WORD;
  const random = generator(seed);
  const server = await Postgres.start();
  const relay = await new Relay(server.directory).listen();
  const directory = mkdtempSync(join(tmpdir(), 'spillway-stress-jobs-'));
  for (const name of ['locks', 'pids']) mkdirSync(join(directory, name));
  const jobs = await openJobs({ url: server.url() });
  const fleet = openFleet(server, relay);
  const load = new Load(jobs, directory, random);
  try {
    const did = await attack(kills, { random, server, relay, fleet, load });
    const ended = await load.end();
    for (const member of fleet) await member.end();
    await tell({ did, ended, directory, server, fleet });
  } finally {
    await Promise.all(fleet.map((member) => member.end()));
    await jobs[Symbol.asyncDispose]();
    await relay.close();
    await server.end();
    rmSync(directory, { recursive: true });
  }
}

function openFleet(server, relay) {
  const direct = server.url();
  const proxied = direct.replace(encodeURIComponent(server.directory), encodeURIComponent(relay.directory));
  const usual = { leaseMs: LEASE_MS, groups: { default: 4 } };
  // Only a supervisor finds titled daemons when its worker dies.
  const supervised = { ...usual, groups: { default: 2, titled: 2 }, supervised: true };
  return [
    new Member({ ...supervised, url: direct }),
    new Member({ ...supervised, url: proxied }),
    new Member({ ...usual, url: direct }),
    new Member({ ...usual, url: proxied }),
    new Member({ ...usual, url: proxied }, true),
  ];
}

/** Keeps so many jobs open. */
class Load {
  #jobs;
  #directory;
  #random;
  #isEnding = false;
  #count = 0;
  #over;

  constructor(jobs, directory, random) {
    this.#jobs = jobs;
    this.#directory = directory;
    this.#random = random;
    this.#over = Promise.all(Array.from({ length: OPEN_JOBS }, () => this.#oneByOne()));
    // Told by `end`.
    this.#over.catch(() => {});
  }

  get count() {
    return this.#count;
  }

  /** Resolves with all jobs, when each has ended. */
  async end() {
    this.#isEnding = true;
    return (await this.#over).flat();
  }

  async #oneByOne() {
    const all = [];
    while (!this.#isEnding) {
      const number = this.#count++;
      const kind = KINDS[Math.floor(this.#random() * KINDS.length)];
      const seconds = kind === 'short' ? this.#random() * 0.3 : 0.3 + this.#random();
      const job = await this.#add(`job-${number}`, kind, seconds.toFixed(2));
      const info = await job.done({ timeout: '5m' });
      all.push({ key: `job-${number}`, kind, ...info });
    }
    return all;
  }

  /** Again and again while the database is away; its name keeps it from being there twice. */
  async #add(key, kind, seconds) {
    const argv = ['sh', '-c', JOB, 'job', key, kind, seconds, WORD, HIDDEN];
    const options = {
      cwd: this.#directory,
      env: [RUN],
      group: kind === 'titled' ? 'titled' : 'default',
      grace: 1000,
      retries: kind === 'failing' ? 1 : 0,
      backoff: 200,
      unique: key,
    };
    for (;;) {
      try {
        return await this.#jobs.add(argv, options);
      } catch {
        await pause(300);
      }
    }
  }
}

async function attack(kills, { random, server, relay, fleet, load }) {
  const did = { killed: 0, 'hosts killed': 0, stopped: 0, restarted: 0, stalled: 0, cut: 0 };
  const later = [];
  const one = async () => {
    const chance = random();
    const member = fleet[Math.floor(random() * fleet.length)];
    if (chance < 0.5) return member.signal('SIGKILL') && did.killed++;
    if (chance < 0.55) {
      member.killHost();
      return did['hosts killed']++;
    }
    if (chance < 0.7) {
      if (!member.signal('SIGSTOP')) return;
      did.stopped++;
      return later.push(pause(LEASE_MS + 1000 + random() * 2000).then(() => member.signal('SIGCONT')));
    }
    if (chance < 0.75) {
      did.restarted++;
      await server.stop(random() < 0.5 ? 'fast' : 'immediate');
      await pause(random() * 1000);
      return server.restart();
    }
    if (chance < 0.9) {
      did.stalled++;
      return later.push(relay.stall(500 + random() ** 2 * 8000));
    }
    did.cut++;
    relay.cut();
  };
  const total = () => Object.values(did).reduce((sum, count) => sum + count, 0);
  for (let told = 0; total() < kills; ) {
    await pause(BETWEEN_KILLS_MS * (0.5 + random()));
    await one();
    if (total() >= told + 50) {
      told = total();
      console.log(`    ${told} kills, ${load.count} jobs`);
    }
  }
  await Promise.all(later);
  return did;
}

/** Prints what was seen, and asserts what must hold. */
async function tell({ did, ended, directory, server, fleet }) {
  const lines = (name) =>
    existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8').trim().split('\n') : [];
  const ran = new Map();
  for (const line of lines('done')) ran.set(line.split(' ')[0], (ran.get(line.split(' ')[0]) ?? 0) + 1);
  const overlaps = lines('overlaps');
  const survivors = survivorsOf();
  const attempts = await server.query(`
    select outcome->>'reason' as reason, outcome->>'decidedBy' as by, count(*)::int as count
    from spillway_jobs.attempt group by 1, 2 order by 3 desc`);
  const [{ open }] = await server.query(
    'select count(*)::int as open from spillway_jobs.attempt where ended is null or outcome is null',
  );
  const [{ jobs }] = await server.query('select count(*)::int as jobs from spillway_jobs.job');
  const states = {};
  for (const { state } of ended) states[state] = (states[state] ?? 0) + 1;
  const told = new Map();
  for (const member of fleet)
    for (const [type, count] of member.told) told.set(type, (told.get(type) ?? 0) + count);
  const unrun = ended.filter(({ key, state }) => state === 'succeeded' && !ran.has(key));
  const twice = [...ran.values()].filter((count) => count > 1).length;
  console.log(`    attacks: ${JSON.stringify(did)}`);
  console.log(
    `    jobs: ${ended.length}, ${JSON.stringify(states)}; ${twice} ran to their end more than once`,
  );
  const outcomes = attempts.map(({ reason, by, count }) => `${reason} (${by}) ${count}`);
  console.log(`    outcomes of attempts: ${outcomes.join(', ')}; without one: ${open}`);
  console.log(`    workers told: ${JSON.stringify(Object.fromEntries(told))}`);
  console.log(`    overlaps: ${overlaps.length}, survivors: ${survivors.length}`);
  assert.equal(jobs, ended.length, 'jobs that were added twice, or not at all');
  assert.deepEqual(overlaps, [], 'two attempts at a time');
  assert.deepEqual(survivors, [], 'processes that outlived their attempts');
  assert.deepEqual(unrun, [], 'succeeded, but did not run to the end');
  assert.equal(open, 0, 'attempts without an outcome');
  for (const { id, key, kind, state, note } of ended) {
    const wanted = kind === 'failing' ? 'failed' : 'succeeded';
    if (state !== wanted) console.table(await attemptsOf(server, id));
    assert.equal(state, wanted, `${key} (${kind}): ${note}`);
  }
}

function attemptsOf(server, id) {
  return server.query(`
    select number, worker, claimed::time, ended::time, fence is not null as ran,
      outcome->>'message' as message
    from spillway_jobs.attempt where job = ${id} order by number`);
}

/** By the variable of attempts, and by the word in the arguments and titles of daemons. */
function survivorsOf() {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      const [environment, words] = ['environ', 'cmdline'].map((name) => read(`/proc/${pid}/${name}`));
      const isOfJob = environment.includes('SPILLWAY_ATTEMPT=') && environment.includes(`${RUN}=${WORD}`);
      return isOfJob || words.includes(WORD) ? [`${pid} ${words.replaceAll('\0', ' ')}`] : [];
    });
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (process.argv[1] === SELF) await inside(...process.argv.slice(2).map(Number));
