/** The text in the boxes of a drawing and beside its arrows. */
import { formatCount } from '../../base/index.js';
import { type Finding, type HolderRef, isCycle, type WaitStory } from '../verdict/index.js';
import { sentence, stream, who, whoInFull } from '../wording/index.js';

export interface Step {
  /** Lines in the box. */
  readonly box: readonly string[];
  /** Lines beside the arrow down from it. */
  readonly words: readonly string[];
}

/** In a longer cycle one box stands for the middle. */
const MOST_BOXES = 8;
const SHOWN_BEFORE = 5;
const SHOWN_AFTER = 2;
const MOST_HOLDERS = 4;

export function stepsOf(finding: Finding): { readonly steps: readonly Step[]; readonly isCycle: boolean } {
  const { kind, waits } = finding;
  if (isCycle(kind)) {
    const steps = waits.map((story) => ({ box: [nameOf(story)], words: wordsOf(story, finding.path) }));
    return { steps: shortened(steps), isCycle: true };
  }
  const [story] = waits;
  if (!story) return { steps: [], isCycle: false };
  const holders = finding.others.length > 0 ? finding.others : story.awaited;
  const end = { box: holderLines(holders, kind), words: [] };
  return { steps: [{ box: [nameOf(story)], words: wordsOf(story, finding.path) }, end], isCycle: false };
}

/** Threads of one process are distinguished by their numbers. */
function nameOf(story: WaitStory): string {
  return story.action === 'thread'
    ? `thread ${story.tid} of ${who(story.process)}`
    : whoInFull(story.process);
}

function wordsOf(story: WaitStory, path: string | undefined): string[] {
  const { action, awaited, bytes, capacity } = story;
  const words = [sentence(story, story.path ?? path)];
  if (action !== 'read' && action !== 'write') return words;
  const fill =
    bytes === undefined || capacity === undefined
      ? []
      : [`${formatCount(bytes)} of ${formatCount(capacity)} bytes`];
  const [only] = awaited;
  const fds = awaited.length === 1 && only ? only.fds : [];
  const end = fds.length === 0 ? [] : [`the other end is ${fds.map(stream).join(', ')}`];
  const details = [...fill, ...end].join('; ');
  return details === '' ? words : [...words, details];
}

function holderLines(holders: readonly HolderRef[], kind: Finding['kind']): string[] {
  const lines = holders.slice(0, MOST_HOLDERS).map(({ process, fds }) => {
    const place = fds.map(stream).join(', ');
    const what = kind === 'never-drains' ? `does not read ${place}` : `still has it open as ${place}`;
    return `${whoInFull(process)}   ${what}`;
  });
  const rest = holders.length - lines.length;
  if (lines.length === 0) return ['a process that is not visible'];
  return rest > 0 ? [...lines, `and ${rest} more`] : lines;
}

function shortened(steps: readonly Step[]): readonly Step[] {
  if (steps.length <= MOST_BOXES) return steps;
  const left = steps.length - SHOWN_BEFORE - SHOWN_AFTER;
  const middle = { box: [`${left} more`], words: ['each waits for the next'] };
  return [...steps.slice(0, SHOWN_BEFORE), middle, ...steps.slice(-SHOWN_AFTER)];
}
