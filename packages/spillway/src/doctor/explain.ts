/** Explains what the children of this program wait for. */
import { ownProperties } from '../base/index.js';
import { type ObserveOptions, observe } from './observe.js';
import type { ProcessRecord, Snapshot } from './snapshot/index.js';
import { type Diagnosis, judge } from './verdict/index.js';
import { describeWaits, list, processes, who } from './wording/index.js';

export interface ExplainOptions extends Omit<ObserveOptions, 'pids' | 'mayHaveEnded'> {
  /** Receives the text, which ends with a newline. Default: writes to this program's stderr. */
  readonly write?: ((text: string) => void) | undefined;
}

/**
 * Prints what the descendants of this program wait for: each hang with its cause and a fix, or, if nothing
 * hangs, the state of each process. Names descriptors of this program that a child waits on and the event
 * loop does not watch. Resolves with the diagnosis.
 *
 * It needs a running event loop. Examine a blocked program from outside: `spillway doctor PID`.
 *
 * Rejects with DoctorError `ERR_DOCTOR_NO_PROC` without /proc.
 *
 * @example
 * import { explain } from 'spillway/doctor';
 * setTimeout(explain, 60_000).unref();
 */
export async function explain(options: ExplainOptions = {}): Promise<Diagnosis> {
  const { write = (text: string) => void process.stderr.write(text), ...how } = ownProperties(options);
  const snapshots = await observe({ ...how, pids: [process.pid], mayHaveEnded: true });
  const diagnosis = judge(snapshots);
  write(`${explanation(diagnosis, snapshots.at(-1) as Snapshot)}\n`);
  return diagnosis;
}

function explanation(diagnosis: Diagnosis, last: Snapshot): string {
  // This program is busy with the examination, which says nothing about its usual state.
  const [self] = diagnosis.activities.filter(({ process }) => process.isObserver);
  const activities = diagnosis.activities.filter(({ process }) => !process.isObserver);
  const name = self ? who(self.process) : 'this program';
  if (activities.length === 0) return `spillway: ${name}, has no children.`;
  const observer = last.processes.find(({ isObserver }) => isObserver);
  return [
    `spillway: ${name}, has started ${processes(activities.length)}:`,
    describeWaits({ ...diagnosis, activities }),
    ...(observer ? ownEnds(diagnosis, observer) : []),
  ].join('\n');
}

/**
 * Descriptors that this program must read for a child to continue, and that its event loop does not watch.
 */
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
