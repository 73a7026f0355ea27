import { start } from 'spillway';

/**
 * Starts children that print the pid to watch, a quarter of them in sessions of their own, and a quarter
 * ignoring SIGTERM; then waits.
 */
const { children, graceMs } = JSON.parse(process.argv[2] ?? '{}');
const kinds = [
  'echo $$; exec sleep 300',
  "setsid sh -c 'echo $$; exec sleep 300' & wait",
  'trap "" TERM; echo $$; while :; do sleep 0.5; done',
  'echo $$; sleep 300 & wait',
];
/** @type {Promise<number>[]} */
const pids = [];
for (let i = 0; i < children; i++) {
  const child = start('sh', ['-c', kinds[i % kinds.length] ?? ''], { terminate: { grace: graceMs } });
  pids.push(
    child.stdout
      .lines()
      .next()
      .then(({ value }) => Number(value)),
  );
}
console.log(JSON.stringify(await Promise.all(pids)));
setInterval(() => {}, 1e6);
