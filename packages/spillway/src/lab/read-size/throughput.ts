import { monotonicMs } from '../../base/index.js';
import { createPipe, type ReadEnd } from '../../pipe/index.js';
import { start } from '../../run/index.js';
import { need, resultOf } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { figure } from '../notes.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const MESSAGES = [1, 64, KIB, 4 * KIB, 64 * KIB, 512 * KIB, MIB];
const READS = [4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB];
const CAPACITIES = [64 * KIB, 256 * KIB, MIB];
const WARM_MS = 5;
const CELL_MS = 40;

const sizeWord = (bytes: number) =>
  bytes >= MIB ? `${bytes / MIB} MiB` : bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`;

export const throughput: Experiment = {
  name: 'read-size',
  group: 'read-size',
  question: 'Which size of read, and which capacity, is fastest on this machine?',
  steps: [
    'for each capacity and each size of message: have dd write without an end',
    `read with each size from 4 KiB to 4 MiB for ${CELL_MS} ms, and count the bytes`,
  ],
  expected: 'No read gives more than the capacity; what is fastest differs by machine.',
  source: 'pipe(7), "Pipe capacity"; the cap of 64 KiB: gipc issue 13, Python gh-121313',
  follows: 'Enlarging the pipe helps large messages; enlarging the buffer alone does not.',
  limitMs: 60_000,
  async perform(notes) {
    need('dd');
    const into = Buffer.alloc(READS.at(-1) as number, 1);
    const scores = new Map<string, number[]>();
    for (const capacity of CAPACITIES) {
      let most = 0;
      const values: number[][] = [];
      for (const message of MESSAGES) {
        const { reader, writer } = createPipe({ blocking: true, maxRead: into.length });
        if (typeof resultOf(() => reader.setCapacity(capacity)) === 'string') {
          notes.cannot(`a pipe of ${sizeWord(capacity)}`, capacity, 'the capacity is refused here');
          reader.close();
          writer.close();
          break;
        }
        const args = ['if=/dev/zero', `bs=${message}`];
        const dd = start('dd', args, { stdout: writer.descriptor, stderr: 'ignore', check: false });
        writer.close();
        const row = READS.map((size) => {
          const cell = measure(reader, into.subarray(0, size));
          most = Math.max(most, cell.largest);
          return cell.mibPerSecond;
        });
        values.push(row);
        for (const [index, value] of row.entries()) {
          const key = `reads of ${sizeWord(READS[index] ?? 0)}, capacity ${sizeWord(capacity)}`;
          scores.set(key, [...(scores.get(key) ?? []), value]);
        }
        // Without a reader SIGPIPE ends it.
        reader.close();
        await dd.result;
      }
      if (values.length < MESSAGES.length) continue;
      const what = `largest read, capacity ${sizeWord(capacity)}`;
      notes.judge(
        what,
        `at most ${figure(capacity)}`,
        most <= capacity ? `at most ${figure(capacity)}` : most,
        most <= capacity,
      );
      notes.draw({
        kind: 'heat',
        name: `read-size-${capacity / KIB}k`,
        title: `Throughput of reads from a pipe of ${sizeWord(capacity)}`,
        unit: 'MiB/s',
        across: { title: 'size of a read', labels: READS.map(sizeWord) },
        down: { title: 'size of a message', labels: MESSAGES.map(sizeWord) },
        values,
        note: `Each cell: ${CELL_MS} ms of reading what dd writes.`,
      });
      const large = values.slice(-2).flatMap((row) => (row[5] ?? 0) / (row[2] ?? 1));
      notes.figure(
        `messages from 512 KiB on, capacity ${sizeWord(capacity)}: reads of 4 MiB against 64 KiB`,
        `${Math.sqrt((large[0] ?? 1) * (large[1] ?? 1)).toFixed(2)} times as fast`,
      );
    }
    const [best] = [...scores].sort(([, a], [, b]) => mean(b) - mean(a));
    if (best) notes.figure('best here over all messages', best[0]);
  },
};

/** The geometric mean: small messages count as much as large ones. */
function mean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(Math.max(value, 1e-9)), 0) / values.length);
}

function measure(reader: ReadEnd, into: Buffer): { mibPerSecond: number; largest: number } {
  const until = (ms: number) => {
    const began = monotonicMs();
    let bytes = 0;
    let largest = 0;
    let now = began;
    for (let reads = 0; now - began < ms; reads++) {
      const outcome = reader.read(into);
      if (outcome.kind !== 'bytes') break;
      bytes += outcome.bytes.length;
      largest = Math.max(largest, outcome.bytes.length);
      // The clock is cheap, but not against a read of one byte.
      if (reads % 8 === 7 || outcome.bytes.length > 65_535) now = monotonicMs();
    }
    return { bytes, largest, ms: Math.max(monotonicMs() - began, 0.001) };
  };
  until(WARM_MS);
  const { bytes, largest, ms } = until(CELL_MS);
  return { mibPerSecond: bytes / MIB / (ms / 1000), largest };
}
