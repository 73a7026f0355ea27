/**
 * The descriptors of channels in a child, and the variable that names them.
 *
 * They stand behind the standard ones; behind the gate's, too, when there is one, since not every shell can name more than nine in a
 * redirection, and so the gate keeps its number however many channels there are.
 */
import { channelsLine, type NamedPassage } from '../../pipe/index.js';
import { type ChildDescriptor, duplicate } from '../../system/index.js';
import { type Constraints, GATE_DESCRIPTOR } from './gate.js';

interface WithChannels {
  readonly channels: readonly NamedPassage[];
  readonly constraints: Constraints | undefined;
  readonly environment: { readonly lines: readonly string[] | undefined };
}

/** The child's descriptor of the first. */
function firstOf({ constraints }: Pick<WithChannels, 'constraints'>): number {
  return constraints ? GATE_DESCRIPTOR + 1 : 3;
}

/** Ours, in the order in which the child gets them. */
export function channelSources({ channels }: Pick<WithChannels, 'channels'>): number[] {
  return channels.flatMap(({ descriptors }) => descriptors.map(({ fd }) => fd));
}

/**
 * What the child's descriptors behind the standard ones (and the gate's) are. The copies are made in order, so a source with a number that is
 * itself a target would be overwritten before its turn: it is copied out of the way, and the copy is added to `opened`.
 */
export function channelDescriptors(request: WithChannels, opened: number[]): ChildDescriptor[] {
  const sources = channelSources(request);
  const first = firstOf(request);
  const end = first + sources.length;
  return sources.map((fd, index) => {
    if (fd >= end || fd === first + index) return { kind: 'duplicate', of: fd };
    const copy = duplicate(fd, end, 'passing a channel on');
    opened.push(copy);
    return { kind: 'duplicate', of: copy };
  });
}

/** The child's variables, undefined for those of this process as they are. */
export function environmentOf(request: WithChannels): readonly string[] | undefined {
  const { channels, environment } = request;
  if (channels.length === 0) return environment.lines;
  const own = environment.lines ?? Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
  return [...own, channelsLine(channels, firstOf(request))];
}
