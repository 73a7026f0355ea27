/** What a program has added to Object.prototype is no option, and breaks none of Node's streams. */
import { expect, it } from 'vitest';
import { OPTIONS } from '../../src/run/options/index.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

/** Each act gives text; the same as before, while one property more is on Object.prototype. */
const SCRIPT = `
  const [channel, directory, ...names] = process.argv.slice(2);
  const { duplex, pipe } = await import(channel);
  const isPosix = process.env.SPILLWAY_BACKEND !== 'node';
  const say = ['-c', 'echo "$0 $PWD"; echo e >&2'];
  const told = ({ stdout, stderr, exitCode, cwd, reason, signal }) =>
    [stdout, stderr, exitCode, cwd, reason, signal].map(String).join('|');
  const told2 = ({ stages, stdout }) => [stdout, ...stages.map(told)].map(String).join('|');
  const both = ['capture', { file: '/dev/null' }];
  const heard = (stream) => new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text)).on('error', reject);
  });
  const acts = {
    plain: async () => told(await run('sh', say)),
    empty: async () => told(await run('sh', say, {})),
    lists: async () => told(await run('sh', say, { stdout: both, stderr: 'stdout' })),
    tail: async () => told(await run('sh', say, { stdout: { tail: 3 }, stderr: { file: '/dev/null' } })),
    function: async () => told(await run('sh', say, { stdout: () => {} })),
    large: async () => {
      const script = 'head -c 300000 /dev/zero; sleep 0.05; head -c 300000 /dev/zero';
      const { stdout, output } = await run('sh', ['-c', script], { memory: 10 });
      return [stdout.length, (await heard(output.stdout.stream())).length].join();
    },
    saved: async () => {
      const path = directory + '/saved';
      await (await run('sh', say)).output.stdout.saveTo(path);
      return told(await run('cat', [path]));
    },
    input: async () => told(await run('cat', { input: ['a', 'b'] })),
    largeInput: async () => (await run('cat', { input: 'x'.repeat(300000) })).stdout.length,
    file: async () => told(await run('cat', { stdin: { file: '/etc/passwd' } })),
    missing: () => run('nosuchprogram').catch(({ code, message }) => code + message),
    nowhere: () => run('sh', { cwd: '/nowhere' }).catch(({ code, message }) => code + message),
    fails: () => run('sh', ['-c', 'exit 3']).catch(({ code, result }) => code + told(result)),
    timeout: async () => {
      const child = start('sleep', ['1000'], { timeout: 20, diagnose: false, check: false });
      return told(await child.result);
    },
    started: async () => told(await start('sh', say).result),
    terminated: async () => {
      const child = start('cat', { stdin: 'pipe' });
      await child.terminate({});
      return (await child.result.catch(({ result }) => result)).reason;
    },
    lines: async () => {
      const child = start('sh', ['-c', 'echo a; echo b; echo c']);
      const seen = [await child.stdout.until('a', {})];
      for await (const line of child.stdout.lines({})) seen.push(line);
      return seen.join();
    },
    written: async () => {
      const child = start('cat', { stdin: 'pipe' });
      child.stdin.end('hi');
      return told(await child.result);
    },
    template: async () => told(await $\`sh \${say}\`),
    redirected: async () => told(await $({ env: {} })\`sh \${say} > /dev/null 2>&1\`),
    fromFile: async () => $({ cwd: directory })\`cat < /etc/passwd 2> /dev/null\`.text(),
    script: async () => told(await $.sh\`echo \${'a'} \${['b']}\`),
    views: async () => [await $\`echo 1\`.json(), await $\`false\`.ok()].join(),
    templateLines: async () => (await $\`echo a\`.lines().next()).value,
    helpers: async () => [await retry(2, () => 1), await mapLimit([1, 2], 1, (n) => n), which('sh')].join(),
    live: async () => heard(start('sh', say, { stdout: 'stream' }).stdout.stream()),
  };
  const ofPosix = {
    nested: async () =>
      told(await run('sh', say, { terminate: {}, limits: {}, outputLimit: {}, pty: false })),
    limits: async () => told(await run('sh', ['-c', 'ulimit -n'], { limits: { openFiles: 100 } })),
    pipeline: async () => told2(await pipeline([['sh', ...say], { file: 'cat' }])),
    stages: async () => told2(await pipeline([{ file: 'sh', args: say }, ['cat']], {})),
    startedPipeline: async () => told2(await startPipeline([['sh', ...say], ['cat']]).result),
    templatePipeline: async () => told2(await $\`sh \${say} 2> /dev/null | cat\`),
    templateSync: () => told($.sync\`echo a\`),
    sync: () => told(runSync('sh', say)),
    syncInput: () => runSync('cat', { input: 'x'.repeat(200000) }).stdout.length,
    syncLists: () =>
      told(runSync('sh', say, { stdout: both, stderr: { tail: 1 } })),
    pty: async () => told(await run('sh', ['-c', 'stty size; echo a'], { pty: true })),
    ptySize: async () => told(await run('stty', ['size'], { pty: { rows: 5 } })),
    ptyInput: async () => told(await run('sh', ['-c', 'read -r x; echo'], { pty: true, input: '\\n' })),
    channel: async () => {
      const [ours, theirs] = duplex({});
      const { reader, writer } = pipe();
      const [got, other] = [theirs.receive({}), reader.receive()];
      await Promise.all([ours.send('x'.repeat(200000)), writer.send({ a: 1 })]);
      const seen = (await got).length + JSON.stringify(await other);
      for (const end of [ours, theirs, reader, writer]) end.close();
      return seen;
    },
  };
  const all = Object.entries({ ...acts, ...(isPosix ? ofPosix : {}) });
  const attempt = async ([name, act]) => {
    try {
      return name + ': ' + await act();
    } catch (error) {
      return name + ': ' + error.stack;
    }
  };
  const battery = () => Promise.all(all.map(attempt));
  const before = await battery();
  for (const line of before) if (line.includes('    at ')) console.log('at first', line);
  // Either kind of value, in turns.
  const valueOf = (name) => (name === 'encoding' ? 'x' : name.length % 2 ? 1 : { file: '/nowhere' });
  /** The lines that differ while these names have a value there. */
  const changes = async (group) => {
    for (const name of group) {
      const property = { __proto__: null, value: valueOf(name), configurable: true, writable: true };
      Object.defineProperty(Object.prototype, name, property);
    }
    const after = await battery();
    for (const name of group) delete Object.prototype[name];
    return after.flatMap((line, index) => (line === before[index] ? [] : [before[index] + ' -> ' + line]));
  };
  // Each battery costs a fifth of a second, so several names share one.
  while (names.length > 0) {
    const group = names.splice(0, 6);
    const found = await changes(group);
    if (found.length === 0) continue;
    console.log(...group, ...found);
    for (const name of group) console.log(name, valueOf(name), ...(await changes([name])));
  }
  console.log('done');
`;

const NESTED = ['grace', 'ask', 'file', 'append', 'tail', 'columns', 'rows', 'maxLength', 'ends', 'codec'];
const LIMITS = ['cpuSeconds', 'openFiles', 'processes', 'fileSize'];
/** Of a command in a pipeline, of Node's functions, and of property descriptors. */
const OTHERS = ['args', 'path', 'place', 'terminal', 'shell', 'argv0', 'fd', 'start', 'get', 'set', 'value'];
const SCRIPTS = ['echo', 'prefix', 'words', 'times', 'delay', 'maxDelay', 'jitter', 'when', 'gather', 'text'];

it('no verb takes an option from Object.prototype, whichever name and value it has there', async () => {
  const names = [...Object.keys(OPTIONS), ...NESTED, ...LIMITS, ...OTHERS, ...SCRIPTS];
  const channel = new URL('../../dist/channel.js', import.meta.url).href;
  const finished = await runNode(SCRIPT, {
    args: [channel, scratchDirectory(), ...names],
    timeoutMs: 160_000,
  });
  expect(finished).toMatchObject({ code: 0, stdout: 'done\n' });
}, 170_000);
