/** The option `channels`: ends for the child. */

import { isPlain, OptionError } from '../../base/index.js';
import { CHANNEL_NAME, isPassable, type Passable, type Passage, passOn } from '../../pipe/index.js';
import type { PassedEnd } from '../../process/index.js';

const ALLOWED = 'an end of a channel or pipe, from spillway/channel or spillway/pipe';

/** Throws OptionError for an end that cannot be passed on. The ends stay as they are. */
export function requireChannels(wish: unknown, at: string): readonly PassedEnd[] {
  if (!isPlain(wish)) throw new OptionError(at, wish, '{ name: end }');
  const names = new Map<unknown, string>();
  return Object.entries(wish).map(([name, end]) => {
    if (!CHANNEL_NAME.test(name)) {
      const allowed = 'names of letters, digits, "_", "-" and ".", with a letter or "_" first';
      throw new OptionError(at, name, allowed, 'has the name');
    }
    const option = `${at}.${name}`;
    if (!isPassable(end)) throw new OptionError(option, end, ALLOWED);
    const other = names.get(end);
    if (other !== undefined) throw new OptionError(option, end, `another end than that of ${at}.${other}`);
    names.set(end, name);
    requireAtRest(option, end);
    return { at: name, end };
  });
}

/** The number of its descriptors. Throws OptionError when it cannot be passed on now. */
export function requireAtRest(option: string, end: Passable): number {
  let passage: Passage;
  try {
    passage = end[passOn]();
  } catch (cause) {
    const refusal = new OptionError(option, end, `${ALLOWED}, open and at rest. ${(cause as Error).message}`);
    throw Object.assign(refusal, { cause });
  }
  passage.failed();
  return passage.descriptors.length;
}
