/**
 * A program as a user writes it, on every package manager, bundler and release of Node. It prints what came
 * of each thing as one line of JSON; what was refused is there as the refusal's words.
 */
import { pipeline, RunError, run, runSync } from 'spillway';
import { pipe } from 'spillway/channel';
import { diagnose } from 'spillway/doctor';

const tried = async (act) => {
  try {
    return await act();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
const buffer = { encoding: 'buffer' };
const input = Buffer.alloc(10_000_000, 'x');
const sleep = ['-c', 'sleep 60 & sleep 60'];

async function main() {
  const report = {
    out: await tried(async () => (await run('head', ['-c', '10000000', '/dev/zero'], buffer)).stdout.length),
    through: await tried(async () => (await run('cat', { input, ...buffer })).stdout.equals(input)),
    stream: await tried(async () => (await run('readlink', ['/proc/self/fd/1'])).stdout.split(':')[0]),
    timeout: await run('sh', sleep, { timeout: 500 }).catch((error) => [
      error instanceof RunError,
      error.result?.reason,
      error.result?.diagnosis?.state,
    ]),
    pipeline: await tried(async () => (await pipeline([['printf', 'b\\na'], ['sort']])).stdout),
    sync: await tried(() => runSync('echo', ['sync']).stdout),
    syncTimeout: await tried(() =>
      Promise.resolve()
        .then(() => runSync('sleep', ['60'], { timeout: 300 }))
        .catch((error) => error.result?.diagnosis?.state ?? error.message),
    ),
    channel: await tried(async () => {
      const { reader, writer } = pipe();
      await writer.send({ some: 1 });
      const { some } = await reader.receive();
      writer.close?.();
      reader.close?.();
      return some;
    }),
    doctor: await tried(async () => (await diagnose({ pids: [process.pid] })).state),
  };
  console.log(JSON.stringify(report));
}

main();
