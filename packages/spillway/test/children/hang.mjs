/** Node programs that hang, or only look as if, one for each name. Every one runs until it is killed. */
import { fork, spawn } from 'node:child_process';

/** More than a socket pair and Node's own buffer hold. */
const MANY = 4_000_000;
const writes = ['-c', `import os; os.write(1, b"x" * ${MANY})`];

const programs = {
  /** The child's stdout has no listener: the event loop does not even watch it. */
  unreadOutput() {
    spawn('python3', writes, { stdio: ['ignore', 'pipe', 'inherit'] }).on('exit', () => process.exit());
  },
  /** The same beside a time limit, as Node's own event loop may have one. */
  unreadOutputWithLimit() {
    programs.unreadOutput();
    setTimeout(() => {}, 30_000);
  },
  daemonHoldsOutput() {
    const child = spawn('sh', ['-c', 'sleep 1000 & echo started'], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.resume();
    child.on('close', () => process.exit());
  },
  idle() {
    setInterval(() => {}, 100_000);
  },
  /** Workers that wait for a task, and a parent that waits for its own. */
  idleWorkers() {
    for (let count = 0; count < 3; count++) fork(process.argv[1], ['worker']);
  },
  worker() {
    process.on('message', () => {});
  },
  busy() {
    const child = spawn('python3', ['-c', 'while True: print("x" * 100)'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', () => {});
  },
  /** The stream is paused while something is done with what came: back-pressure. */
  pausedReader() {
    const child = spawn('yes', { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => {
      child.stdout.pause();
      setInterval(() => {}, 20);
    });
  },
};

programs[process.argv[2]]();
