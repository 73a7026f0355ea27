/**
 * The features that every runtime is tried with. `features.mjs NAME` tries one in a process of its own, and
 * prints `ok`; without a name it prints all names. `features.mjs in-child:NAME` is a part of one that a child
 * plays, on the same runtime.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker } from 'node:worker_threads';
import {
  $,
  mapLimit,
  pipeline,
  RunError,
  retry,
  run,
  runSync,
  StartError,
  start,
  startPipeline,
} from 'spillway';
import { duplex, inherited, pipe, sharedPipe } from 'spillway/channel';
import { diagnose } from 'spillway/doctor';
import { createPipe } from 'spillway/pipe';

const here = fileURLToPath(import.meta.url);
/** The words that start this runtime: under an emulator they are more than its path. */
const [runtime, ...before] = process.env.FEATURES_RUNTIME
  ? JSON.parse(process.env.FEATURES_RUNTIME)
  : [process.execPath, ...(process.versions.deno ? ['run', '-A'] : [])];
const own = [...before, here];
/** The command's file. */
const manifest = createRequire(here).resolve('spillway/package.json');
const program = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.spillway);
const inChild = (name) => [runtime, [...own, `in-child:${name}`]];
const buffer = { encoding: 'buffer' };
const MB = 1_000_000;
const bytes = (count) => Buffer.from(Array.from({ length: count }, (_, i) => (i * 7) % 256));
const digest = (data) => createHash('sha256').update(data).digest('hex');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const failureOf = (promise) => promise.then(assert.fail, (error) => error);

function isAlive(pid) {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(condition, problem = () => 'it comes too late') {
  for (const end = Date.now() + 10_000; !condition(); await pause(10)) assert.ok(Date.now() < end, problem());
}

const descriptors = () => readdirSync('/proc/self/fd').length;

async function inFolder(act) {
  const folder = mkdtempSync(join(tmpdir(), 'features-'));
  try {
    await act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const features = {
  async captures() {
    const { stdout, stderr, exitCode, cpu } = await run('sh', ['-c', 'echo out; echo err >&2']);
    assert.deepEqual([stdout, stderr, exitCode], ['out', 'err', 0]);
    assert.ok(cpu.userMs >= 0);
    assert.match((await run('readlink', ['/proc/self/fd/1'])).stdout, /^pipe:/);
  },
  async 'large-output'() {
    const { stdout, stderr } = await run(
      'sh',
      ['-c', 'head -c 10000000 /dev/zero >&2 & head -c 10000000 /dev/zero; wait'],
      buffer,
    );
    assert.deepEqual([stdout.length, stderr.length], [10 * MB, 10 * MB]);
  },
  async spill() {
    const script = 'i=0; while [ $i -lt 50 ]; do head -c 1000000 /dev/zero | tr "\\0" x; i=$((i+1)); done';
    const { output } = await run('sh', ['-c', script], { memory: MB });
    assert.deepEqual([output.stdout.spilled, output.stdout.size], [true, 50 * MB]);
    const whole = createHash('sha256');
    for await (const chunk of output.stdout.stream()) whole.update(chunk);
    assert.equal(whole.digest('hex'), digest(Buffer.alloc(50 * MB, 'x')));
    await inFolder(async (folder) => {
      await output.stdout.saveTo(join(folder, 'saved'));
      assert.equal(readFileSync(join(folder, 'saved')).length, 50 * MB);
    });
    assert.equal(output.stdout.bytesSync?.().length ?? (await output.stdout.bytes()).length, 50 * MB);
    output.stdout.close();
  },
  async 'many-at-once'() {
    const all = await Promise.all(Array.from({ length: 300 }, (_, i) => run('echo', [String(i)])));
    all.forEach(({ stdout }, i) => {
      assert.equal(stdout, String(i));
    });
  },
  async 'input-bytes'() {
    const input = bytes(5 * MB);
    assert.ok((await run('cat', { input, ...buffer })).stdout.equals(input));
    assert.equal((await run('cat', { input: 'short' })).stdout, 'short');
    // A child that reads nothing, and one that leaves early.
    await run('true', { input });
    assert.equal((await run('head', ['-c', '3'], { input: 'x'.repeat(MB) })).stdout, 'xxx');
  },
  async 'input-streams'() {
    const pieces = Array.from({ length: 100 }, (_, i) => bytes(10_000 + i));
    const whole = digest(Buffer.concat(pieces));
    async function* slowly() {
      for (const piece of pieces) {
        await pause(0);
        yield piece;
      }
    }
    const web = new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });
    for (const input of [Readable.from(pieces), slowly(), pieces, web])
      assert.equal(digest((await run('cat', { input, ...buffer })).stdout), whole);
    const failing = new PassThrough();
    setTimeout(() => failing.destroy(new Error('source broke')), 50);
    const error = await failureOf(run('cat', { input: failing }));
    assert.match(String(error.cause?.message ?? error.message), /source broke/);
  },
  async 'stdin-pipe'() {
    const child = start('cat', { stdin: 'pipe' });
    child.stdin.write('one\n');
    const lines = child.stdout.lines();
    assert.equal((await lines.next()).value, 'one');
    child.stdin.end('x'.repeat(300_000));
    assert.equal((await lines.next()).value.length, 300_000);
    await child.result;
    // A child that reads nothing keeps its writer waiting.
    const sleeper = start('sleep', ['60'], { stdin: 'pipe' });
    let isWritten = false;
    sleeper.stdin.write(Buffer.alloc(MB), () => {
      isWritten = true;
    });
    await pause(100);
    assert.equal(isWritten, false);
    await sleeper.terminate();
  },
  async lines() {
    const seen = [];
    for await (const line of start('seq', ['100000']).stdout.lines()) seen.push(line);
    assert.deepEqual([seen.length, seen.at(-1)], [100_000, '100000']);
    const script = 'for i in 1 2 3; do echo $i; sleep 0.05; echo -$i >&2; sleep 0.05; done';
    const both = [];
    for await (const { stream, line } of start('sh', ['-c', script], { stderr: 'auto' }).lines())
      both.push(`${stream === 'stdout' ? '' : '!'}${line}`);
    assert.deepEqual(both, ['1', '!-1', '2', '!-2', '3', '!-3']);
  },
  async until() {
    const child = start('sh', ['-c', 'echo a; sleep 0.1; echo ready; head -c 300000 /dev/zero; echo end']);
    assert.equal(await child.stdout.until('ready'), 'ready');
    assert.match((await child.result).stdout, /^a\nready\n\0{300000}end$/);
  },
  async 'slow-reader'() {
    const child = start('head', ['-c', '5000000', '/dev/zero'], { stdout: 'stream' });
    let total = 0;
    for await (const chunk of child.stdout) {
      total += chunk.length;
      if (total < MB) await pause(1);
    }
    assert.equal(total, 5 * MB);
    await child.result;
  },
  async exits() {
    const error = await failureOf(run('sh', ['-c', 'echo why >&2; exit 7']));
    assert.ok(error instanceof RunError);
    assert.equal(error.result.exitCode, 7);
    assert.match(error.message, /7[\s\S]*why/);
    const killed = await run('sh', ['-c', 'kill -SEGV $$'], { check: false });
    assert.deepEqual([killed.signal, killed.reason], ['SIGSEGV', 'signal']);
    const child = start('sleep', ['60']);
    child.kill('SIGUSR1');
    assert.equal((await failureOf(child.result)).result.signal, 'SIGUSR1');
  },
  async 'start-errors'() {
    const missing = await failureOf(run('no-such-program'));
    assert.ok(missing instanceof StartError);
    assert.equal(missing.code, 'ENOENT');
    assert.equal((await failureOf(run('ls', { cwd: '/no/such' }))).code, 'ENOENT');
    assert.equal((await failureOf(run('/etc/passwd'))).code, 'EACCES');
    assert.throws(() => start('no-such-program'), StartError);
  },
  async timeout() {
    const began = Date.now();
    const script = 'setsid sleep 61 & sleep 62 & echo $!; exec sleep 63';
    const error = await failureOf(run('sh', ['-c', script], { timeout: 300 }));
    assert.equal(error.result.reason, 'timeout');
    assert.equal(isAlive(Number(error.result.stdout)), false);
    assert.ok(Date.now() - began < 5000, 'it took the grace period');
    const stubborn = 'trap "" TERM; echo $$; while :; do sleep 0.1; done';
    const forced = await failureOf(run('sh', ['-c', stubborn], { timeout: 200, terminate: { grace: 200 } }));
    assert.equal(isAlive(Number(forced.result.stdout)), false);
  },
  async 'idle-timeout'() {
    const error = await failureOf(run('sh', ['-c', 'echo x; sleep 60'], { idleTimeout: 200 }));
    assert.deepEqual([error.result.reason, error.result.stdout], ['idle', 'x']);
    await run('sh', ['-c', 'for i in 1 2 3 4; do echo; sleep 0.2; done'], { idleTimeout: 700 });
  },
  async diagnosis() {
    const script = 'head -c 200000 /dev/zero | { exec 3<&0; sleep 60; }';
    const error = await failureOf(run('sh', ['-c', script], { timeout: 400 }));
    assert.ok(error.result.diagnosis, 'no diagnosis');
    assert.match(error.message, /sleep/);
  },
  async abort() {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 100);
    const error = await failureOf(run('sleep', ['60'], { signal: controller.signal }));
    assert.equal(error.result.reason, 'abort');
    assert.equal(isAlive(error.result.pid), false);
  },
  async 'output-limit'() {
    const error = await failureOf(run('yes', { outputLimit: 300_000 }));
    assert.equal(error.result.reason, 'output-limit');
    assert.ok(error.result.output.stdout.size >= 300_000);
  },
  async leftovers() {
    const { leftovers, stdout } = await run('sh', ['-c', 'sleep 60 & echo $!']);
    assert.equal(leftovers.length, 1);
    await until(() => !isAlive(Number(stdout)));
    const daemon = await run('sh', ['-c', 'setsid sleep 60 >&- 2>&- & sleep 0.2; echo $!']);
    const [{ pid }] = daemon.leftovers;
    assert.ok(isAlive(pid));
    process.kill(pid, 'SIGKILL');
    const [file, args] = inChild('leaves');
    const { stdout: left } = await run(file, args, { timeout: '10s' });
    assert.ok(isAlive(Number(left)), 'a detached child has ended with its program');
    process.kill(Number(left), 'SIGKILL');
  },
  async guard() {
    const [file, args] = inChild('guarded');
    const parent = start(file, args);
    const { value } = await parent.stdout.lines().next();
    const pids = value.split(' ').map(Number);
    assert.ok(pids.every(isAlive));
    process.kill(parent.pid, 'SIGKILL');
    await until(() => !pids.some(isAlive));
    await parent.result.catch(() => {});
  },
  async 'program-ends'() {
    for (const how of ['exits', 'throws', 'is-terminated']) {
      const [file, args] = inChild(how);
      const { stdout } = await run(file, args, { check: false, leftovers: 'leave' });
      assert.match(stdout, /^\d+$/);
      await until(() => !isAlive(Number(stdout)));
    }
  },
  async pipeline() {
    const { stdout } = await pipeline([
      ['seq', '200000'],
      ['sort', '-rn'],
      ['head', '-n', '2'],
    ]);
    assert.equal(stdout, '200000\n199999');
    const input = bytes(3 * MB);
    assert.ok((await pipeline([['cat'], ['cat']], { input, ...buffer })).stdout.equals(input));
    const error = await failureOf(pipeline([['sh', '-c', 'exit 3'], ['cat']]));
    assert.match(error.message, /3/);
  },
  async 'live-pipeline'() {
    const child = startPipeline([
      ['seq', '50000'],
      ['grep', '7'],
    ]);
    let count = 0;
    for await (const line of child.stdout.lines()) count += line.includes('7') ? 1 : 0;
    assert.equal(count, Number((await run('sh', ['-c', 'seq 50000 | grep -c 7'])).stdout));
    await child.result;
  },
  async 'run-sync'() {
    const input = bytes(3 * MB);
    assert.ok(runSync('cat', { input, ...buffer }).stdout.equals(input));
    assert.throws(() => runSync('sleep', ['60'], { timeout: 200 }), /200/);
    assert.throws(() => runSync('false'), RunError);
    const [file, args] = inChild('syncs-at-exit');
    assert.equal((await run(file, args)).stdout, 'from exit');
  },
  async pty() {
    const { stdout } = await run('sh', ['-c', 'tty; stty size; seq 20000'], {
      pty: { columns: 99, rows: 9 },
    });
    assert.match(stdout, /^\/dev\/pts\/\d+\r\n9 99\r\n1\r\n/);
    assert.match(stdout, /\r\n20000$/);
    const child = start('sh', ['-c', 'trap "stty size; exit" WINCH; echo on; while :; do sleep 0.05; done'], {
      pty: true,
    });
    await child.stdout.until('on');
    child.resize({ columns: 77 });
    assert.match((await child.result).stdout, /24 77/);
  },
  async 'pty-input'() {
    const typed = await run('sh', ['-c', 'read word; echo "[$word]"'], { pty: true, input: 'typed\n' });
    assert.match(typed.stdout, /\[typed\]$/);
    const child = start('cat', { pty: true, stdin: 'pipe' });
    child.stdin.write('hello\n');
    await child.stdout.until((line) => line.includes('hello'));
    child.stdin.end();
    await child.result;
  },
  async channel() {
    const jobs = pipe();
    const results = pipe();
    const [file, args] = inChild('works');
    const child = start(file, args, { channels: { jobs: jobs.reader, results: results.writer } });
    for (let i = 0; i < 500; i++) await jobs.writer.send({ i, text: 'x'.repeat(i * 10) });
    await jobs.writer.end();
    let sum = 0;
    for await (const { i, size } of results.reader) sum += i + size;
    assert.equal(sum, (11 * 499 * 500) / 2);
    await child.result;
    await assert.rejects(results.reader.receive({ timeout: 100 }));
    const { reader, writer } = createPipe();
    assert.equal(writer.write(Buffer.from('abc')).count, 3);
    assert.equal(reader.read().bytes.toString(), 'abc');
    assert.equal(reader.read().kind, 'would-block');
    writer.close();
    assert.equal(reader.read().kind, 'end');
    reader.close();
  },
  async calls() {
    const [ours, theirs] = duplex();
    const [file, args] = inChild('serves');
    const child = start(file, args, { channels: { rpc: theirs } });
    assert.equal(await ours.call('add', [1, 2]), 3);
    assert.equal((await ours.call('large', 2 * MB)).length, 2 * MB);
    await assert.rejects(ours.call('fails'), /on purpose/);
    await ours.end();
    await child.result;
    ours.close();
  },
  async 'shared-pipe'() {
    const { reader, writer } = sharedPipe();
    const [file, args] = inChild('sends');
    const senders = [0, 1, 2].map(() => start(file, args, { channels: { log: writer.share() } }));
    await writer.end();
    let count = 0;
    for await (const text of reader) {
      assert.equal(text, text[0].repeat(text.length));
      count++;
    }
    assert.equal(count, 150);
    for (const child of senders) await child.result;
  },
  files: () =>
    inFolder(async (folder) => {
      const file = join(folder, 'out');
      await run('echo', ['one'], { stdout: { file } });
      await run('echo', ['two'], { stdout: { file, append: true } });
      assert.equal((await run('cat', { stdin: { file } })).stdout, 'one\ntwo');
      const copy = join(folder, 'copy');
      const chunks = [];
      const sink = new PassThrough();
      const { stdout } = await run('seq', ['50000'], {
        stdout: ['capture', { file: copy }, (chunk) => void chunks.push(Buffer.from(chunk)), sink.resume()],
      });
      assert.equal(readFileSync(copy, 'utf8'), `${stdout}\n`);
      assert.equal(Buffer.concat(chunks).toString(), `${stdout}\n`);
      const fd = openSync(copy, 'r');
      assert.equal((await run('head', ['-n', '1'], { stdin: fd })).stdout, '1');
      closeSync(fd);
      const fifo = join(folder, 'fifo');
      await run('mkfifo', [fifo]);
      const reading = run('cat', { stdin: { file: fifo } });
      await run('seq', ['50000'], { stdout: { file: fifo } });
      assert.equal((await reading).stdout, stdout);
    }),
  async inherit() {
    const [file, args] = inChild('inherits');
    const { stdout, stderr } = await run(file, args, { input: 'given' });
    assert.deepEqual([stdout, stderr], ['to stdout\ngiven', 'to stderr']);
  },
  async descriptors() {
    const { reader, writer } = createPipe();
    const script = 'echo three >&3; readlink /proc/self/fd/4; ls /proc/self/fd | tr "\\n" " "';
    const options = { descriptors: { 3: writer, 4: { file: '/dev/null' } } };
    assert.match((await run('sh', ['-c', script], options)).stdout, /^\/dev\/null\n0 1 2 3 4 5 ?$/);
    assert.equal(reader.read().bytes.toString(), 'three\n');
    reader.close();
    const order = 'for i in 1 2 3; do echo o$i; echo e$i >&2; done';
    const merged = await run('sh', ['-c', order], { stderr: 'stdout' });
    assert.equal(merged.stdout, 'o1\ne1\no2\ne2\no3\ne3');
  },
  async limits() {
    const limits = { openFiles: 50, fileSize: 1000 };
    const { stdout } = await run('sh', ['-c', 'ulimit -n; nice'], { limits, nice: 3 });
    assert.equal(stdout, '50\n3');
    if (process.getuid() !== 0) return;
    // Deno enters the working directory as the other user.
    assert.equal((await run('id', ['-u'], { uid: 65534, gid: 65534, cwd: '/' })).stdout, '65534');
  },
  async template() {
    assert.equal(await $`seq 100 | grep 7 | head -n ${2}`.text(), '7\n17');
    let tries = 0;
    const last = await retry({ times: 3, delay: 1 }, async () => {
      tries++;
      if (tries < 3) await run('false');
      return tries;
    });
    assert.equal(last, 3);
    const all = await mapLimit([1, 2, 3], 2, async (i) => (await run('echo', [String(i)])).stdout);
    assert.deepEqual(all, ['1', '2', '3']);
  },
  async 'command-line'() {
    const cli = (args, options) => run(runtime, [...before, program, ...args], options);
    assert.equal((await cli(['run', '--', 'echo', 'hi'])).stdout, 'hi');
    assert.equal((await cli(['run', '--', 'cat'], { input: 'x'.repeat(MB) })).stdout.length, MB);
    const late = await cli(['run', '--timeout', '300ms', '--', 'sleep', '60'], { check: false });
    assert.equal(late.exitCode, 124);
    assert.equal((await cli(['timeout', '0.3', 'sleep', '60'], { check: false })).exitCode, 124);
    assert.equal((await cli(['run', '--', 'sh', '-c', 'exit 5'], { check: false })).exitCode, 5);
  },
  async doctor() {
    const child = start('sh', ['-c', 'read word'], { stdin: 'pipe' });
    await pause(300);
    const { state } = await diagnose({ pids: [process.pid] });
    assert.equal(typeof state, 'string');
    await child.terminate();
    const args = [...before, program, 'doctor', String(process.pid)];
    assert.match((await run(runtime, args, { check: false })).stdout, /\w/);
  },
  async worker() {
    const worker = new Worker(new URL(import.meta.url), { argv: ['in-child:in-thread'] });
    const [message] = await once(worker, 'message');
    assert.deepEqual(message, { out: 2 * MB, through: MB, sync: 'sync', reason: 'timeout' });
    await once(worker, 'exit');
  },
};

const parts = {
  async guarded() {
    const one = start('sleep', ['60']);
    const two = start('sh', ['-c', 'setsid sleep 60 & echo $!; wait']);
    const { value } = await two.stdout.lines().next();
    console.log(`${one.pid} ${two.pid} ${value}`);
    await one.result;
  },
  exits() {
    console.log(start('sleep', ['60']).pid);
    process.exit(3);
  },
  throws() {
    console.log(start('sleep', ['60']).pid);
    setTimeout(() => {
      throw new Error('on purpose');
    }, 50);
  },
  async 'is-terminated'() {
    console.log(start('sleep', ['60']).pid);
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), 100);
  },
  leaves() {
    const options = { detached: true, stdout: 'ignore', stderr: 'ignore' };
    console.log(start('sleep', ['60'], options).pid);
    const other = start('sleep', ['61']);
    other.unref();
  },
  'syncs-at-exit'() {
    process.on('exit', () => console.log(runSync('echo', ['from exit']).stdout));
  },
  async works() {
    const results = inherited('results');
    for await (const { i, text } of inherited('jobs')) await results.send({ i, size: text.length });
    await results.end();
  },
  async serves() {
    const rpc = inherited('rpc');
    const serving = rpc.serve({
      add: ([a, b]) => a + b,
      large: (size) => 'x'.repeat(size),
      fails: () => {
        throw new Error('on purpose');
      },
    });
    await serving.closed;
  },
  async sends() {
    const log = inherited('log');
    const letter = String.fromCharCode(97 + (process.pid % 26));
    for (let i = 0; i < 50; i++) await log.send(letter.repeat(i % 2 === 0 ? 100 : 50_000));
    await log.end();
  },
  async inherits() {
    const options = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' };
    await run('sh', ['-c', 'echo to stdout; cat; echo to stderr >&2'], options);
  },
  async 'in-thread'() {
    const { parentPort } = await import('node:worker_threads');
    const out = (await run('head', ['-c', String(2 * MB), '/dev/zero'], buffer)).stdout.length;
    const through = (await run('cat', { input: bytes(MB), ...buffer })).stdout.length;
    const { result } = await failureOf(run('sleep', ['60'], { timeout: 200 }));
    parentPort.postMessage({ out, through, sync: runSync('echo', ['sync']).stdout, reason: result.reason });
  },
};

const name = process.argv.slice(2).findLast((word) => !word.startsWith('-'));
if (name === undefined) {
  if (isMainThread) console.log(Object.keys(features).join('\n'));
} else if (name.startsWith('in-child:')) await parts[name.slice('in-child:'.length)]();
else {
  // The runtime opens some descriptors of its own with the first command, and Spillway its guard's.
  await run('sh', ['-c', 'sleep 0.05; echo']);
  const count = descriptors();
  await features[name]();
  const problem = () => `${descriptors()} descriptors instead of ${count}`;
  await until(() => descriptors() <= count, problem);
  console.log('ok');
}
