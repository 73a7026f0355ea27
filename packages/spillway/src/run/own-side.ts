/** What this program has to do with a command that had no more time: the doctor sees descriptors; what is behind them is known here. */
import type { Diagnosis } from '../doctor/index.js';
import type { Flow } from '../stream/index.js';
import type { StdinStream } from './host.js';
import type { Plan } from './plan.js';

/** Whole sentences, if there is something to say. */
export function ownSide(
  { activities }: Diagnosis,
  flows: ReadonlyMap<'stdout' | 'stderr', Flow>,
  plan: Plan,
  stdin: StdinStream | undefined,
): string[] {
  const held = [...flows].flatMap(([name, flow]) => {
    if (!flow.paused) return [];
    const how = plan[name].live
      ? `child.${name} is not read on`
      : `what takes its ${name} has not taken all of it yet`;
    return [`This program keeps it waiting: ${how}.`];
  });
  const waitsForUs = activities.some(
    ({ action, awaited }) =>
      action === 'read' && awaited.length > 0 && awaited.every(({ process }) => process.isObserver),
  );
  const input = waitsForUs ? inputOf(plan, stdin) : undefined;
  return input === undefined ? held : [...held, input];
}

function inputOf({ settings, stdin: { source } }: Plan, stdin: StdinStream | undefined): string | undefined {
  if (settings.pty && source === undefined) return "Nobody types here: its stdin is 'ignore'.";
  const isOpen = stdin !== undefined && !stdin.writableEnded;
  return isOpen ? 'Its stdin is open: child.stdin.end() has not been called.' : undefined;
}
