/** Runs the command of a job that has ended, with the job as JSON on its stdin. */
import { RunError, run, StartError } from 'spillway';
import type { EndedJob } from '../store/index.js';

const TIMEOUT = '1m';

/** Resolves with what went wrong, for people; undefined when nothing did. */
export async function runOnEnd({ info, onEnd }: EndedJob): Promise<string | undefined> {
  if (onEnd === undefined) return undefined;
  try {
    await run('sh', ['-c', onEnd], {
      input: `${JSON.stringify(info)}\n`,
      timeout: TIMEOUT,
      stdout: 'ignore',
      stderr: { tail: 4096 },
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof RunError || error instanceof StartError)) throw error;
    return `the command at the end of job ${info.id}: ${error.message}`;
  }
}
