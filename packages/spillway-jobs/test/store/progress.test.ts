/** Lines of programs as they write them, and what is read out of them. */
import { expect, it } from 'vitest';
import { progressText } from '../../src/job/index.js';
import { progressIn } from '../../src/store/jobs/progress.js';

it.each([
  [' 41 %  12.3 GB of 30.1 GB  118 MB/s  left 2:31  files 18,201 of 41,877\n', '41 %, 118 MB/s'],
  ['\r  1,234,567  41%  118.20MB/s    0:00:10  (xfr#5, to-chk=169/396)', '41 %, 118.20 MB/s'],
  ['32,768   0%    0.00kB/s    0:00:00  \r  9,999,999 100%   84.03MB/s    0:00:00', '100 %, 84.03 MB/s'],
  ['1048576000 bytes (1.0 GB, 1000 MiB) copied, 3.2 s, 327 MB/s\n', '327 MB/s'],
  ['\r1.21GiB 0:00:04 [ 310MiB/s] [====>       ] 40% ETA 0:00:06', '40 %, 310 MiB/s'],
  ['file.iso   27%[====>      ]  1.10G  95.3MB/s    eta 30s\r', '27 %, 95.3 MB/s'],
  ['[ 66%] Building CXX object main.o\n', '66 %'],
  ['99.6 % done\n', '99 %'],
  ['12,5 %\n', '12 %'],
  ['\u001b[2K\u001b[1m 7 %\u001b[0m', '7 %'],
  ['5 B/sec', '5 B/s'],
  ['10 %\n\n20 %\nthe next on', '20 %'],
])('%j tells %s', (text, told) => {
  const progress = progressIn(text);
  expect(progress && progressText(progress)).toBe(told);
});

it.each(['', '\n', 'hello\n', '30 %\nthen this\nand that\n', '250 %\n', 'a%b\n', '118 MB\n'])(
  '%j tells nothing',
  (text) => expect(progressIn(text)).toBeUndefined(),
);
