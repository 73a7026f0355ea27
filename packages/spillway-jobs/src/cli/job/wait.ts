/** `spillway job wait`: exits as the command did. */
import { exitStatusOf } from '../../attempt/index.js';
import type { JobInfo } from '../../queue/types.js';
import { NOT_FINISHED, noSuchJob } from '../failures.js';
import { printJson } from '../output.js';
import type { Parts, Queue } from '../parts.js';
import { type CommonOptions, withQueue } from '../session.js';
import { tools } from '../tools.js';
import { duration, id as idOf } from '../values.js';
import { endText } from './wording.js';

export interface RawWaitOptions extends CommonOptions {
  readonly timeout?: string;
}

export async function waitCommand(
  parts: Parts,
  texts: readonly string[],
  raw: RawWaitOptions,
): Promise<number> {
  const ids = [...new Set(texts.map((text) => idOf(text)))];
  const ms = raw.timeout === undefined ? Number.POSITIVE_INFINITY : duration('--timeout', raw.timeout);
  return await withQueue(parts, raw, async (queue) => {
    const infos = await Promise.all(ids.map((id) => queue.get(id)));
    const missing = ids.find((_, index) => infos[index] === undefined);
    if (missing !== undefined) throw noSuchJob(missing);
    const deadline = deadlineIn(ms);
    const statuses = await Promise.all(ids.map((id) => statusOf(queue, id, deadline.passed, raw)));
    deadline.clear();
    return statuses.find((status) => status !== 0) ?? 0;
  });
}

async function statusOf(
  queue: Queue,
  id: number,
  passed: Promise<undefined>,
  { json, timeout }: RawWaitOptions,
): Promise<number> {
  const info = await Promise.race([queue.done(id), passed]);
  if (info === undefined) {
    const now = await queue.get(id);
    if (now && json) await printJson(now);
    tools.say(`job wait: job ${id} is ${now?.state ?? 'gone'}, and did not end within ${timeout}`);
    return NOT_FINISHED;
  }
  if (json) await printJson(info);
  if (info.state !== 'succeeded') tools.say(`job wait: ${endText(info)}`);
  return statusOfEnd(info);
}

/** As a shell has it in `$?`. Only a job that has succeeded gives 0. */
export function statusOfEnd({ state, outcome }: JobInfo): number {
  if (state === 'succeeded') return 0;
  if (state === 'lost' || state === 'skipped') return NOT_FINISHED;
  // Where it was stopped between two attempts, the outcome is that of the last one.
  const isItsOwn = state !== 'stopped' || outcome?.reason === 'abort';
  const status = outcome && isItsOwn ? exitStatusOf(outcome) : 0;
  // Some programs end with 0 at SIGTERM.
  if (status === 0) return state === 'stopped' ? TERMINATED : 1;
  return status;
}

/** 128 and SIGTERM. */
const TERMINATED = 143;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function deadlineIn(ms: number): { readonly passed: Promise<undefined>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<undefined>((resolve) => {
    if (ms <= LONGEST_TIMER_MS) timer = setTimeout(resolve, ms, undefined);
  });
  return { passed, clear: () => clearTimeout(timer) };
}
