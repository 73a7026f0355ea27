/** The child of round-trip.js: sends every message back. */

const [, , contender] = process.argv;

if (contender === 'process.send') process.on('message', (message) => process.send?.(message));
else {
  const { inherited } = await import('spillway/channel');
  const end = inherited('echo');
  if (contender === 'spillway call') await end.serve({ echo: (message) => message }).finished;
  else for await (const message of end) await end.send(message);
}
