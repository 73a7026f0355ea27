/**
 * The embedded database on a disk that becomes full, in a mount namespace of its own: writes what it sees as
 * one line of JSON. argv: the directory of that disk.
 */
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openJobs } from 'spillway-jobs';

const directory = process.argv[2] ?? '';
const ballast = join(directory, 'ballast');
const LEFT_BYTES = 3e6;
const word = 'x'.repeat(100_000);

const jobs = await openJobs({ stateDirectory: directory });
const first = await jobs.add(['true']);
const { bavail, bsize } = statfsSync(directory);
writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - LEFT_BYTES)));
let added = 1;
const refusal = await addUntilRefused();
const again = await addUntilRefused();
const listed = (await jobs.list({ limit: Number.POSITIVE_INFINITY })).length;
rmSync(ballast);
await jobs.add(['true']);
const after = (await jobs.list({ limit: Number.POSITIVE_INFINITY })).length;
await jobs[Symbol.asyncDispose]();
console.log(JSON.stringify({ first: first.id, added, refusal, again, listed, after }));

async function addUntilRefused() {
  try {
    for (; added < 20_000; added++) await jobs.add(['echo', word]);
    return {};
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}
