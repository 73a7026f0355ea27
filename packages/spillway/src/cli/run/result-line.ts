/** `--json` and `--json-file`: the result as one line of JSON. */
import { constants } from 'node:fs';
import { exactPath, safeJson } from '../../base/index.js';
import { StartError } from '../../process/index.js';
import { openSync } from '../../system/index.js';
import { reasonOf, writeLine } from '../messages.js';
import { UsageError } from '../usage-error.js';
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
    if (raw.jsonFile !== undefined) this.#descriptors.push(open(raw.jsonFile));
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

function open(path: string): number {
  try {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(exactPath(path), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY, 0o666);
  } catch (error) {
    throw new UsageError(`the result file ${path} cannot be opened: ${reasonOf(error)}`);
  }
}
