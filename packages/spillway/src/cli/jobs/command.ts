/** `spillway job` and `spillway worker`: commands of the package spillway-jobs, where it is installed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { directoryNow, errorText, installed } from '../../base/index.js';
import { ignoreSignal, libcObstacle, signals, writeSync } from '../../system/index.js';
import { COULD_NOT_TELL, endWith, OWN_ERROR } from '../exit-status.js';
import { takeInherited } from '../inherited.js';
import { say } from '../messages.js';
import { version } from '../version.js';
import { lent } from './lent.js';

const PACKAGE = 'spillway-jobs';

interface JobsCli {
  /** Gives the exit status. */
  commandLine(words: readonly string[], tools: typeof lent): Promise<number>;
}

/** `words`: `job` or `worker`, and what follows. Ends this process. */
export async function jobsCommand(words: readonly string[]): Promise<never> {
  takeInherited();
  // Writing to the terminal from the background must not stop it (`stty tostop`).
  if (libcObstacle() === undefined) ignoreSignal(signals.SIGTTOU);
  endWith(await statusOf(words));
}

async function statusOf(words: readonly string[]): Promise<number> {
  const found = installed(`${PACKAGE}/cli`, directoryNow());
  if (!found) {
    say(
      `${words[0]} needs the package ${PACKAGE}, which is neither installed beside spillway nor in this ` +
        `directory; do: npm install ${PACKAGE}`,
    );
    return COULD_NOT_TELL;
  }
  const misfit = misfitOf(found.path);
  if (misfit !== undefined) {
    say(`${words[0]}: ${misfit}`);
    return COULD_NOT_TELL;
  }
  try {
    provideStderr();
    const { commandLine } = (await import(pathToFileURL(found.path).href)) as JobsCli;
    return await commandLine(words, lent);
  } catch (error) {
    say(`${words[0]}: internal error: ${error instanceof Error ? error.stack : errorText(error)}`);
    return OWN_ERROR;
  }
}

/** Packages of two releases would not understand each other. */
function misfitOf(path: string): string | undefined {
  const description = createRequire(path).resolve(`${PACKAGE}/package.json`);
  const { version: found, dependencies } = JSON.parse(readFileSync(description, 'utf8'));
  const ours = version();
  if (dependencies?.spillway === ours) return undefined;
  return (
    `${PACKAGE} ${found} in ${join(description, '..')} is for spillway ${dependencies?.spillway}, and ` +
    `this is spillway ${ours}; do: npm install ${PACKAGE}@${ours}`
  );
}

/** Packages of others may write to it. It leaves the descriptor blocking (withhold-stderr.ts). */
function provideStderr(): void {
  const value = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      try {
        writeSync(2, chunk);
      } catch {
        // It has no other place.
      }
      done();
    },
  });
  Object.defineProperty(process, 'stderr', { value, configurable: true });
}
