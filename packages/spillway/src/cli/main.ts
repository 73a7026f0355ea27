#!/usr/bin/env node
/** The command `spillway`. */
import { catchSignals } from './forward-signals.js';

// Before anything else is loaded: until then SIGUSR1 would start Node's inspector.
catchSignals();

const { runCommandLine } = await import('./command-line.js');
await runCommandLine(process.argv);
