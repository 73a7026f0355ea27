#!/usr/bin/env node
/** The command `spillway`. */
import { useCompileCache } from './compile-cache.js';
import { catchSignals } from './forward-signals.js';
import { withholdStderr } from './withhold-stderr.js';

// Before anything else loads: until then SIGUSR1 starts Node's inspector, and loading may touch stderr.
catchSignals();
withholdStderr();
useCompileCache();
void runProgram();

async function runProgram(): Promise<void> {
  const { tellWarnings } = await import('./messages.js');
  tellWarnings();
  if (process.argv[2] === 'timeout') {
    // commander cannot parse GNU's option syntax.
    const { timeoutCommand } = await import('./timeout/index.js');
    await timeoutCommand(process.argv.slice(3));
    return;
  }
  const { exactText } = await import('./words.js');
  if (process.argv[2] === 'job' || process.argv[2] === 'worker') {
    const { jobsCommand } = await import('./jobs/index.js');
    await jobsCommand(exactText(process.argv.slice(2)));
  } else {
    const { runCommandLine } = await import('./command-line.js');
    await runCommandLine([...process.argv.slice(0, 2), ...exactText(process.argv.slice(2))]);
  }
}
