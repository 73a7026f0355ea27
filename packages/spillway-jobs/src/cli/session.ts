/** A command's time with the database: opened, used, and closed in order, also after Ctrl-C. */
import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { databaseUrl } from './database.js';
import type { Parts, Queue } from './parts.js';
import { tools } from './tools.js';

const ENDING: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
/** A person has begun to wait. */
const SLOW_MS = 1500;
/** For closing after a signal. */
const CLOSING_MS = 2000;

/** Options of every command. */
export interface CommonOptions {
  readonly database?: string;
  readonly json?: true;
}

/** `work` gives the exit status. A signal ends it with 128+n, and a second one at once. */
export async function withQueue(
  { openQueue }: Parts,
  { database }: CommonOptions,
  work: (queue: Queue) => Promise<number>,
): Promise<number> {
  const url = databaseUrl('--database', database);
  let queue: Queue | undefined;
  const close = async () => {
    const opened = queue;
    queue = undefined;
    await opened?.[Symbol.asyncDispose]();
  };
  const use = async () => {
    try {
      queue = await explained(openQueue(url), url);
      return await work(queue);
    } finally {
      await close();
    }
  };
  const used = use();
  const status = await Promise.race([used, statusOfSignal()]);
  // What a signal has interrupted may fail on the closed database.
  used.catch(() => {});
  await Promise.race([close().catch(() => {}), pause(CLOSING_MS, undefined, { ref: false })]);
  tools.passSignalsTo(undefined);
  return status;
}

/** The first time, an embedded database is made, which takes some seconds: a person may wonder. */
async function explained(opening: Promise<Queue>, url: string | undefined): Promise<Queue> {
  if (url !== undefined || !isatty(2)) return await opening;
  const telling = setTimeout(
    () => tools.say('opens the embedded database, which takes some seconds the first time'),
    SLOW_MS,
  );
  try {
    return await opening;
  } finally {
    clearTimeout(telling);
  }
}

function statusOfSignal(): Promise<number> {
  return new Promise((resolve) => {
    let isSecond = false;
    tools.passSignalsTo((signal) => {
      if (!ENDING.includes(signal)) return;
      const status = 128 + constants.signals[signal];
      if (isSecond) tools.endWith(status);
      isSecond = true;
      resolve(status);
    });
  });
}
