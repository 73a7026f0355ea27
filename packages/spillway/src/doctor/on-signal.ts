/**
 * `node --import spillway/doctor/on-signal program.js`: at SIGUSR2 the program prints to stderr what its children wait for, and goes on.
 * The signal is heard when the event loop comes round; a program that is blocked itself is asked from outside: `spillway doctor PID`.
 */
// Nothing is loaded before it is asked for.
let isAsking = false;

process.on('SIGUSR2', () => {
  // Once is enough for who is impatient.
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
