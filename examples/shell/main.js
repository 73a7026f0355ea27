/**
 * Gives a shell script jobs over a plain pipe, one a line, and reads one line for each. Run: node
 * examples/shell/main.js
 */
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { start } from 'spillway';
import { createPipe } from 'spillway/pipe';

const jobs = createPipe();
const done = createPipe();
const worker = fileURLToPath(new URL('worker.sh', import.meta.url));
const child = start('sh', [worker], { channels: { jobs: jobs.reader, done: done.writer }, timeout: '30s' });

// Node's streams take over the descriptors.
const into = new Socket({ fd: jobs.writer.release(), readable: false, writable: true });
const from = new Socket({ fd: done.reader.release(), readable: true, writable: false });
into.end('build\ntest\nrelease it\n');
for await (const line of createInterface({ input: from })) console.log(line);
await child.result;
