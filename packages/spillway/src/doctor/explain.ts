/** What this very program waits for: its children, and the ends of their pipes that it has. */
import { type ObserveOptions, observe } from './observe.js';
import type { ProcessRecord, Snapshot } from './snapshot/index.js';
import { type Diagnosis, judge } from './verdict/index.js';
import { describeWaits, list, processes, who } from './wording/index.js';

export interface ExplainOptions extends Omit<ObserveOptions, 'pids' | 'mayHaveEnded'> {
  /** Where the text goes, which ends with a newline. Default: this program's stderr. */
  readonly write?: ((text: string) => void) | undefined;
}

/**
 * Prints what this program's children, and theirs, wait for: every hang with why and what to do, or, where nothing hangs, what each of them
 * was doing; and of the descriptors here that they wait on, whether the event loop listens to them. It gives the diagnosis as well.
 *
 * It needs an event loop that goes round; a program that is itself blocked is looked at from outside, by `spillway doctor PID`.
 *
 * Rejects with DoctorError `NO_PROC` where there is no /proc.
 *
 * @example
 * import { explain } from 'spillway/doctor';
 * setTimeout(explain, 60_000).unref();
 */
export async function explain(options: ExplainOptions = {}): Promise<Diagnosis> {
  const { write = (text: string) => void process.stderr.write(text), ...how } = options;
  const snapshots = await observe({ ...how, pids: [process.pid], mayHaveEnded: true });
  const diagnosis = judge(snapshots);
  write(`${explanation(diagnosis, snapshots.at(-1) as Snapshot)}\n`);
  return diagnosis;
}

function explanation(diagnosis: Diagnosis, last: Snapshot): string {
  // This program is at work on looking, which says nothing.
  const [self] = diagnosis.activities.filter(({ process }) => process.isObserver);
  const activities = diagnosis.activities.filter(({ process }) => !process.isObserver);
  const name = self ? who(self.process) : 'this program';
  if (activities.length === 0) return `spillway: ${name}, has no children.`;
  const observer = last.processes.find(({ isObserver }) => isObserver);
  return [
    `spillway: what ${processes(activities.length)} that ${name}, has started ${activities.length === 1 ? 'waits' : 'wait'} for:`,
    describeWaits({ ...diagnosis, activities }),
    ...(observer ? ownEnds(diagnosis, observer) : []),
  ].join('\n');
}

/** The ends that this program would have to read from, for somebody to go on. */
function ownEnds({ activities }: Diagnosis, observer: ProcessRecord): string[] {
  const unread = activities
    .filter(({ action }) => action === 'write')
    .flatMap(({ awaited }) => awaited.filter(({ process }) => process.isObserver))
    .flatMap(({ fds }) => fds);
  const listened = new Set(observer.descriptors?.flatMap(({ watches = [] }) => watches.map(({ fd }) => fd)));
  const deaf = [...new Set(unread)].filter((fd) => !listened.has(fd));
  if (deaf.length === 0) return [];
  return [`This program's event loop does not listen to fd ${list(deaf.map(String))}.`];
}
