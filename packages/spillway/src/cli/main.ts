#!/usr/bin/env node
/** The command `spillway`. */
import { catchSignals } from './forward-signals.js';
import { withholdStderr } from './withhold-stderr.js';

// Before anything else is loaded: until then SIGUSR1 would start Node's inspector, and loading may touch stderr.
catchSignals();
withholdStderr();

if (process.argv[2] === 'timeout') {
  // Its options are GNU's, which commander cannot read.
  const { timeoutCommand } = await import('./timeout/index.js');
  await timeoutCommand(process.argv.slice(3));
} else {
  const { runCommandLine } = await import('./command-line.js');
  await runCommandLine(process.argv);
}
