/** Asks a Python program, and listens to a pipe into which both write. Run: node examples/python/main.js */
import { fileURLToPath } from 'node:url';
import { start } from 'spillway';
import { duplex, sharedPipe } from 'spillway/channel';

const [ours, theirs] = duplex();
const log = sharedPipe();
const worker = fileURLToPath(new URL('worker.py', import.meta.url));
const child = start('python3', [worker], {
  channels: { rpc: theirs, log: log.writer.share() },
  timeout: '30s',
});

const texts = ['kein Rohr läuft über', 'one two three', ''];
for (const [id, text] of texts.entries()) {
  await log.writer.send({ from: 'node', asked: id });
  await ours.send({ id, text });
  console.log(await ours.receive({ timeout: '10s' }));
}
await ours.end();
await log.writer.end();
for await (const entry of log.reader) console.log(JSON.stringify(entry));
await child.result;
ours.close();
