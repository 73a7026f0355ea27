/**
 * Supervises a development server: starts it, says when it is ready, starts it anew when a file changes or
 * when it crashes, and ends it on Ctrl-C, with all that it started.
 *
 * usage: node dev.js --ready listening --watch src -- node server.js
 */
import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { start } from 'spillway';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ready: { type: 'string', default: 'listening' }, watch: { type: 'string', default: '.' } },
});
const [program, ...words] = positionals;
if (!program) {
  console.error('usage: node dev.js --ready listening --watch src -- node server.js');
  process.exit(2);
}

const say = (text) => console.log(`dev    │ ${text}`);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop.abort());

let change = new AbortController();
watch(values.watch, { recursive: true, signal: stop.signal }, () => change.abort());

for (let crashes = 0; !stop.signal.aborted; ) {
  change = new AbortController();
  const orders = AbortSignal.any([stop.signal, change.signal]);
  // stdout is read below, and stderr is only printed: nothing of a server that runs for days is kept.
  const server = start(program, words, {
    prefix: 'server │ ',
    stderr: 'ignore',
    terminate: { grace: '3s' },
    signal: orders,
    check: false,
  });
  let isReady = false;
  for await (const line of server.stdout.lines()) {
    if (isReady || !line.includes(values.ready)) continue;
    isReady = true;
    crashes = 0;
    say('ready');
  }
  const { exitCode, signal } = await server.result;
  if (orders.aborted) {
    say(stop.signal.aborted ? 'ended' : 'a file has changed');
    continue;
  }
  crashes++;
  const wait = Math.min(100 * 2 ** crashes, 10_000);
  say(`the server ended (${signal ?? exitCode}); next start in ${wait} ms, or when a file changes`);
  await sleep(wait, undefined, { signal: orders }).catch(() => {});
}
