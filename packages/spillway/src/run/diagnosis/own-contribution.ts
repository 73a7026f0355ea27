/**
 * How this program contributed to a timeout: an unread stream, an open stdin. The doctor sees descriptors
 * only.
 */
import type { Diagnosis } from '../../doctor/index.js';
import type { StreamName } from '../options/index.js';
import type { Plan } from '../plan.js';
import type { Streams } from '../streams.js';

/** Whole sentences, if there is something to say. */
export function ownContribution(
  { activities }: Diagnosis,
  plan: Plan,
  streams: Streams,
  isHeldBack = false,
): string[] {
  if (isHeldBack) return ['It does not run yet: child.resume() has not been called.'];
  const names: StreamName[] = ['stdout', 'stderr'];
  const held = names.filter((name) => streams.isPaused(name)).map((name) => heldUp(name, streams));
  const waitsForUs = activities.some(
    ({ action, awaited }) =>
      action === 'read' && awaited.length > 0 && awaited.every(({ process }) => process.isObserver),
  );
  const input = waitsForUs ? inputOf(plan, streams) : undefined;
  return input === undefined ? held : [...held, input];
}

function heldUp(name: StreamName, streams: Streams): string {
  const how = streams.live(name)
    ? `child.${name} is not read on`
    : `what takes its ${name} has not taken all of it yet`;
  return `This program keeps it waiting: ${how}.`;
}

function inputOf({ child, stdin }: Plan, streams: Streams): string | undefined {
  if (child.pty && stdin.kind === 'ignore') return "Nothing is typed here: its stdin is 'ignore'.";
  const isOpen = streams.stdin !== undefined && !streams.stdin.writableEnded;
  return isOpen ? 'Its stdin is open: child.stdin.end() has not been called.' : undefined;
}
