/** The option `channels`: ends that a child gets, and what becomes of them here. */

import { isPlain, OptionError } from '../../base/index.js';
import {
  CHANNEL_NAME,
  isPassable,
  type NamedPassage,
  type Passable,
  type Passage,
  passOn,
} from '../../pipe/index.js';

/** An end, and the name under which the child finds it. */
export interface NamedEnd {
  readonly name: string;
  readonly end: Passable;
}

const ALLOWED = 'an end of a channel or pipe, from spillway/channel or spillway/pipe';

/** Throws OptionError for what cannot be passed on. The ends stay as they are. */
export function channelsFrom(wish: unknown): readonly NamedEnd[] {
  if (wish === undefined) return [];
  if (!isPlain(wish)) throw new OptionError('channels', wish, '{ name: end }');
  const names = new Map<unknown, string>();
  return Object.entries(wish).map(([name, end]) => {
    if (!CHANNEL_NAME.test(name)) {
      const allowed = 'names of letters, digits, "_", "-" and ".", with a letter or "_" first';
      throw new OptionError('channels', name, allowed, 'has the name');
    }
    const option = `channels.${name}`;
    if (!isPassable(end)) throw new OptionError(option, end, ALLOWED);
    const other = names.get(end);
    if (other !== undefined) throw new OptionError(option, end, `another end than that of channels.${other}`);
    names.set(end, name);
    requireAtRest(option, end);
    return { name, end };
  });
}

function requireAtRest(option: string, end: Passable): void {
  let passage: Passage;
  try {
    passage = end[passOn]();
  } catch (cause) {
    const refusal = new OptionError(option, end, `${ALLOWED}, open and at rest. ${(cause as Error).message}`);
    throw Object.assign(refusal, { cause });
  }
  passage.failed();
}

/**
 * Passes ends on to the child that `start` starts: they are closed here when it returns, and ours as before when it throws.
 */
export function passChannels<T>(
  ends: readonly NamedEnd[],
  start: (passages: readonly NamedPassage[]) => T,
): T {
  const passages: (NamedPassage & Passage)[] = [];
  let isStarted = false;
  try {
    for (const { name, end } of ends) passages.push({ name, ...end[passOn]() });
    const started = start(passages);
    isStarted = true;
    return started;
  } finally {
    for (const passage of passages) {
      if (isStarted) passage.done();
      else passage.failed();
    }
  }
}
