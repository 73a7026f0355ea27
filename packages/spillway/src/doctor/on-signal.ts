/**
 * `node --import spillway/doctor/on-signal program.js`: on SIGUSR2 the program prints to stderr what its
 * children wait for, and continues. Node delivers the signal in its event loop; examine a blocked program
 * from outside: `spillway doctor PID`. The doctor itself is loaded at the first signal.
 */
let isAsking = false;

process.on('SIGUSR2', () => {
  // A second signal during the examination starts no second one.
  if (isAsking) return;
  isAsking = true;
  import('./explain.js')
    .then(({ explain }) => explain())
    .catch((error: unknown) => {
      process.stderr.write(`spillway: ${error instanceof Error ? error.message : String(error)}\n`);
    })
    .finally(() => {
      isAsking = false;
    });
});
