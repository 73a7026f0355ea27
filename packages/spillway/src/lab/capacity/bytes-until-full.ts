import { createPipe } from '../../pipe/index.js';
import { pageBytes } from '../../system/index.js';
import { fill } from '../bench/index.js';
import type { Experiment } from '../experiment.js';
import { CannotRun, figure } from '../notes.js';

const SIZES = [
  1, 7, 64, 512, 1000, 1366, 2048, 2049, 3000, 4095, 4096, 4097, 5000, 6145, 8192, 10_000, 65_536,
];
const label = (size: number) => (size < 1024 || size % 1024 ? figure(size) : `${size / 1024}K`);

export const bytesUntilFull: Experiment = {
  name: 'bytes-until-full',
  group: 'capacity',
  question: 'How many bytes fit into a pipe, by the size of each write?',
  steps: ['for each size from 1 byte to 64 KiB: make a pipe, and write such pieces until EAGAIN'],
  expected:
    'Never more than the capacity; all of it when the size divides a page or is whole pages. Otherwise ' +
    'less: a slot is a page, and what does not fit into the rest of the last one begins a new one.',
  source: 'pipe(7), "Pipe capacity"; fs/pipe.c, pipe_write (PIPE_BUF_FLAG_CAN_MERGE)',
  follows: 'A program that writes lines of 3,000 bytes stops after 48,000 bytes, not after 65,536.',
  perform(notes) {
    const page = pageBytes();
    const counts = SIZES.map((size) => {
      const { reader, writer } = createPipe();
      const count = fill(writer, size);
      const capacity = reader.capacity ?? 65_536;
      reader.close();
      writer.close();
      return { size, count, capacity, expected: fits(size, capacity, page) };
    });
    if (process.platform !== 'linux') throw new CannotRun('the rule that is tried is that of Linux');
    for (const { size, count, expected } of counts) notes.check(`writes of ${label(size)}`, expected, count);
    const most = Math.max(...counts.map(({ count }) => count));
    const { capacity } = counts[0] as (typeof counts)[number];
    notes.judge('the most of all', `at most ${figure(capacity)}`, most, most <= capacity);
    notes.draw({
      kind: 'curves',
      name: 'bytes-until-full',
      title: 'Bytes that fit into a pipe, by the size of each write',
      across: { title: 'bytes of a write', labels: SIZES.map(label) },
      up: { title: 'bytes until full' },
      series: [
        { label: 'bytes until EAGAIN', values: counts.map(({ count }) => count) },
        { label: 'F_GETPIPE_SZ', values: counts.map((one) => one.capacity) },
      ],
      note: 'A slot is a page: a write that does not fit into the rest of the last page begins a new one.',
    });
  },
};

/** What pipe_write of Linux lets in: a write's odd bytes go into the last page if they fit there. */
function fits(size: number, capacity: number, page: number): number {
  const slots = capacity / page;
  const odd = size % page;
  let used = 0;
  let inLast = page;
  let total = 0;
  for (;;) {
    let left = size;
    if (odd > 0 && used > 0 && inLast + odd <= page) {
      inLast += odd;
      left -= odd;
    }
    if (size <= page && left > 0 && used === slots) return total;
    while (left > 0 && used < slots) {
      inLast = Math.min(left, page);
      left -= inLast;
      used++;
    }
    total += size - left;
    if (left > 0 || (odd === 0 && used === slots)) return total;
  }
}
