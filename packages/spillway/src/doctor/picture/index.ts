/** The doctor's view as a picture: who waits for whom, over what. */
import type { Snapshot } from '../snapshot/index.js';
import type { Diagnosis } from '../verdict/index.js';
import { compose } from './compose.js';
import { dotOf } from './dot.js';
import { svgOf } from './svg.js';

/**
 * The picture as DOT, for Graphviz: one directed graph, which ends with a newline. Processes are boxes with round corners; what they share
 * (pipes with how many bytes are in them, pairs of sockets, terminals, locks) are boxes with sharp ones; thick arrows lead from who waits to
 * what it waits for. What hangs is red, what is stuck behind it amber, the rest grey; the words say it, too. Shown are the trees that the
 * snapshots are of, or, where they are of everything, what hangs (if nothing does, what is connected), up to 60 processes; what was left out
 * is told below.
 *
 * Of the snapshots the last is drawn. `diagnosis` is `judge(snapshots)` unless it is given. Throws RangeError without a snapshot.
 *
 * @example
 * import { observe, toDot } from 'spillway/doctor';
 * writeFileSync('hang.dot', toDot(await observe({ pids: [4711] })));
 */
export function toDot(snapshots: readonly Snapshot[], diagnosis?: Diagnosis): string {
  return dotOf(compose(snapshots, diagnosis));
}

/**
 * The same picture as an SVG document on white ground, in UTF-8, without scripts, fonts or anything else that is loaded from elsewhere. The
 * layout is Graphviz's, in this process; it takes some ten milliseconds for a few processes, up to seconds for a tangle of 60.
 *
 * Rejects with RangeError without a snapshot, and with DoctorError `NO_PICTURE` where Graphviz (the package `@viz-js/viz`) cannot be loaded
 * or fails.
 *
 * @example
 * import { observe, toSvg } from 'spillway/doctor';
 * writeFileSync('hang.svg', await toSvg(await observe({ pids: [4711] })));
 */
export async function toSvg(snapshots: readonly Snapshot[], diagnosis?: Diagnosis): Promise<string> {
  const picture = compose(snapshots, diagnosis);
  return svgOf(dotOf(picture), picture.title.join(' '));
}
