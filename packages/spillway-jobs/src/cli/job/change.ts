/** `spillway job stop`, `retry` and `clean`. */
import type { JobInfo } from '../../queue/types.js';
import { NOT_DONE, noSuchJob } from '../failures.js';
import { print, printJson } from '../output.js';
import type { Parts, Queue } from '../parts.js';
import { type CommonOptions, withQueue } from '../session.js';
import { tools } from '../tools.js';
import { duration, id as idOf } from '../values.js';
import { endText, isOpen } from './wording.js';

export interface RawStopOptions extends CommonOptions {
  readonly wait?: true;
}

export async function stopCommand(
  parts: Parts,
  texts: readonly string[],
  raw: RawStopOptions,
): Promise<number> {
  return await forEach(parts, texts, raw, async (queue, before) => {
    const isStopped = isOpen(before) && (await queue.stop(before.id));
    let info = await known(queue, before.id);
    if (raw.wait && isOpen(info)) info = await queue.done(before.id);
    if (!isStopped) return { info, text: `${endText(info)}; there is nothing to stop` };
    const text = isOpen(info)
      ? `job ${info.id} is running, and its worker ends it`
      : `job ${info.id} ${info.state === 'stopped' ? 'is stopped' : `has ended before: it is ${info.state}`}`;
    return { info, text };
  });
}

export async function retryCommand(
  parts: Parts,
  texts: readonly string[],
  raw: CommonOptions,
): Promise<number> {
  return await forEach(parts, texts, raw, async (queue, before) => {
    if (await queue.retry(before.id)) {
      const info = await known(queue, before.id);
      return { info, text: `job ${info.id} is ${info.state} again` };
    }
    const info = await known(queue, before.id);
    const why = isOpen(info) ? `job ${info.id} is ${info.state}` : endText(info);
    return { info, problem: `${why}; only a job that has ended, and not well, can be tried again` };
  });
}

export interface RawCleanOptions extends CommonOptions {
  readonly older: string;
}

export async function cleanCommand(parts: Parts, raw: RawCleanOptions): Promise<number> {
  const ms = duration('--older', raw.older);
  return await withQueue(parts, raw, async (queue) => {
    const removed = await queue.clean(ms);
    await (raw.json ? printJson({ removed }) : print(`${tools.counted(removed, 'job')} removed\n`));
    return 0;
  });
}

interface Done {
  readonly info: JobInfo;
  readonly text?: string;
  readonly problem?: string;
}

/** Nothing is done when one of them does not exist. */
async function forEach(
  parts: Parts,
  texts: readonly string[],
  raw: CommonOptions,
  change: (queue: Queue, before: JobInfo) => Promise<Done>,
): Promise<number> {
  const ids = [...new Set(texts.map((text) => idOf(text)))];
  return await withQueue(parts, raw, async (queue) => {
    const before: JobInfo[] = [];
    for (const id of ids) before.push(await known(queue, id));
    const all: Done[] = [];
    for (const one of before) all.push(await change(queue, one));
    for (const { text, problem } of all) {
      if (problem !== undefined) tools.say(`job retry: ${problem}`);
      else if (!raw.json) await print(`${text}\n`);
    }
    if (raw.json) await printJson(all.map(({ info }) => info));
    return all.some(({ problem }) => problem !== undefined) ? NOT_DONE : 0;
  });
}

async function known(queue: Queue, id: number): Promise<JobInfo> {
  const info = await queue.get(id);
  if (!info) throw noSuchJob(id);
  return info;
}
