/** What the smoke program is to print. */
import assert from 'node:assert/strict';

const TEN_MB = 10_000_000;

/** By Spillway's own system calls. */
export function expectWhole(stdout, stderr) {
  assert.equal(stderr, '', 'a word on stderr');
  assert.deepEqual(JSON.parse(stdout), {
    out: TEN_MB,
    through: true,
    stream: 'pipe',
    timeout: [true, 'timeout', 'healthy'],
    pipeline: 'a\nb',
    sync: 'sync',
    syncTimeout: 'healthy',
    channel: 1,
    doctor: 'healthy',
  });
}

/** By node:child_process: what it can is there, one warning says why, and each refusal names the reason. */
export function expectFallback(stdout, stderr, reason) {
  const report = JSON.parse(stdout);
  assert.deepEqual(
    { out: report.out, through: report.through, timeout: report.timeout, doctor: report.doctor },
    { out: TEN_MB, through: true, timeout: [true, 'timeout', 'healthy'], doctor: 'healthy' },
  );
  assert.equal(stderr.match(/Warning: /g)?.length, 1, `not one warning: ${stderr}`);
  assert.match(stderr, reason);
  for (const refused of [report.pipeline, report.sync, report.channel]) assert.match(refused, reason);
}
