/** `--json` and `--json-file`: the result as one line of JSON. */
import { safeJson } from '../../base/index.js';
import { StartError } from '../../process/index.js';
import { writeLine } from '../messages.js';
import { openOutput } from '../output-file.js';
import { exitStatus, messageOf, type Outcome } from './outcome.js';
import type { RawOptions } from './run-settings.js';

/** Writes the line for the last attempt to stderr, to the file, or to both. */
export class ResultLine {
  readonly #descriptors: number[] = [];
  /** The line goes to stderr, so no message goes there. */
  readonly replacesMessage: boolean;

  constructor(raw: RawOptions) {
    this.replacesMessage = raw.json ?? false;
    if (raw.json) this.#descriptors.push(2);
    // Opened before the command runs: "permission denied" must not follow hours of work.
    if (raw.jsonFile !== undefined)
      this.#descriptors.push(openOutput('the result file', raw.jsonFile, 'anew'));
  }

  write(file: string, args: readonly string[], outcome: Outcome, attempts: number): void {
    if (this.#descriptors.length === 0) return;
    const json = JSON.stringify({
      file,
      args,
      status: exitStatus(outcome),
      ...factsOf(outcome),
      attempts,
      message: messageOf(outcome) ?? null,
    });
    for (const fd of this.#descriptors) writeLine(fd, safeJson(json));
  }
}

/** Every field is always present, with null for no value. */
function factsOf(outcome: Outcome) {
  if (outcome.kind === 'not-started') {
    const { error } = outcome;
    const code = error instanceof StartError ? error.code : null;
    return { ok: false, reason: 'not-started', code, exitCode: null, signal: null };
  }
  const { ok, reason, exitCode, signal, pid, cwd, startedAt, durationMs, cpu, leftovers } = outcome.result;
  return {
    ok,
    reason,
    code: null,
    exitCode: exitCode ?? null,
    signal: signal ?? null,
    pid: pid ?? null,
    cwd,
    startedAt,
    durationMs: Math.round(durationMs),
    cpu,
    leftovers,
  };
}
