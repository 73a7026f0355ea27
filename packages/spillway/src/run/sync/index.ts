/** A command from start to end while the thread waits. */
export { runSync } from './run-sync.js';
