/** Pictures of a diagnosis: which process waits for which, over which pipe. */
import type { Snapshot } from '../snapshot/index.js';
import type { Diagnosis } from '../verdict/index.js';
import { compose } from './compose.js';
import { dotOf } from './dot.js';
import { svgOf } from './svg.js';

/**
 * The picture as DOT, for Graphviz: one directed graph with a final newline. Boxes with round corners are
 * processes; boxes with sharp corners are things they share: pipes with their fill, pairs of sockets,
 * terminals, locks. Thick arrows lead from a waiting process to what it waits for. Hanging processes are red,
 * those stuck behind them amber, the others grey; the texts say the same. The picture shows the requested
 * trees; without requested pids the hanging processes and their neighbours or, if nothing hangs, all
 * connected processes. It shows at most 60 processes; a note counts the rest.
 *
 * Draws the last snapshot. `diagnosis` defaults to `judge(snapshots)`. Throws RangeError without a snapshot.
 *
 * @example
 * import { observe, toDot } from 'spillway/doctor';
 * writeFileSync('hang.dot', toDot(await observe({ pids: [4711] })));
 */
export function toDot(snapshots: readonly Snapshot[], diagnosis?: Diagnosis): string {
  return dotOf(compose(snapshots, diagnosis));
}

/**
 * The picture of `toDot` as an SVG document in UTF-8, on a white background. It loads nothing: no scripts, no
 * fonts. Graphviz computes the layout in this process, in about ten milliseconds for a few processes, in
 * seconds for 60 tightly connected ones.
 *
 * Rejects with RangeError without a snapshot, and with DoctorError `ERR_DOCTOR_NO_PICTURE` if Graphviz (the
 * package `@viz-js/viz`) cannot be loaded or fails.
 *
 * @example
 * import { observe, toSvg } from 'spillway/doctor';
 * writeFileSync('hang.svg', await toSvg(await observe({ pids: [4711] })));
 */
export async function toSvg(snapshots: readonly Snapshot[], diagnosis?: Diagnosis): Promise<string> {
  const picture = compose(snapshots, diagnosis);
  return svgOf(dotOf(picture), picture.title.join(' '));
}
