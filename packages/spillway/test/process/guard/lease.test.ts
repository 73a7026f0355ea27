/** A command with a lease ends when nothing renews it, whatever has become of its program. */
import { describe, expect, it } from 'vitest';
import { Lease, OptionError, run, start, startPipeline } from '../../../src/index.js';
import { posixOnly } from '../../helpers/backend.js';
import { checkForLeaks, isAlive } from '../../helpers/leaks.js';
import { runNode } from '../../helpers/programs.js';
import { sideBySide } from '../../helpers/side-by-side.js';

checkForLeaks();

const together = sideBySide();

describe('A lease that runs out', () => {
  together('ends its commands, and what they have put into sessions of their own', async () => {
    const lease = new Lease('1s');
    const options = { lease, check: false, terminate: { grace: 300 } } as const;
    const daemon = 'setsid sh -c "trap \\"\\" TERM; echo \\$\\$; while :; do sleep 0.1; done" & wait';
    const [plain, stubborn] = [start('sleep', ['300'], options), start('sh', ['-c', daemon], options)];
    const { value } = await stubborn.stdout.lines().next();
    expect(await plain.result).toMatchObject({ reason: 'signal', signal: 'SIGTERM' });
    expect(await stubborn.result).toMatchObject({ ok: false });
    expect(isAlive(Number(value))).toBe(false);
    expect(lease.isOver).toBe(true);
    expect(lease.leftMs).toBe(0);
    expect(lease.renew()).toBe(false);
    expect(lease.isOver).toBe(true);
  });

  posixOnly('no pipelines')('ends each command of a pipeline', async () => {
    const live = startPipeline([['sleep', '300'], ['cat']], { lease: new Lease(800), check: false });
    expect(await live.result).toMatchObject({ ok: false });
  });

  together('ends those of a program that is stopped', async () => {
    const script = `
      const lease = new Lease('1s');
      const kinds = ['echo $$; exec sleep 300', 'setsid sh -c "echo \\\\$\\\\$; exec sleep 300" & wait'];
      const pids = [];
      for (const kind of kinds) {
        const child = start('sh', ['-c', kind], { lease, check: false });
        pids.push((await child.stdout.lines().next()).value);
      }
      const isOver = '[ ! -e /proc/$pid ] || grep -q "^State:.Z" /proc/$pid/status';
      const wait = 'for pid; do i=0; until ' + isOver + '; do sleep 0.1; i=$((i + 1)); ' +
        '[ $i -lt 250 ] || echo "$pid lives"; [ $i -lt 250 ] || break; done; done; kill -CONT $PPID';
      const witness = start('sh', ['-c', wait, 'sh', ...pids]);
      process.kill(process.pid, 'SIGSTOP');
      const { stdout } = await witness.result;
      console.log(stdout + 'all over, renewed: ' + lease.renew());
    `;
    expect(await runNode(script)).toMatchObject({
      code: 0,
      stdout: 'all over, renewed: false\n',
      stderr: '',
    });
  });

  together('does not concern a command that has ended', async () => {
    const lease = new Lease(700);
    await run('true', { lease });
    const child = start('sleep', ['2.5']);
    expect(await child.result).toMatchObject({ ok: true });
    expect(lease.isOver).toBe(true);
  });
});

describe('A lease that is renewed', () => {
  together('lets its command run, and a second command with the same one', async () => {
    const lease = new Lease('2s');
    const renewals = setInterval(() => lease.renew(), 200);
    try {
      const both = [run('sleep', ['4'], { lease }), run('sleep', ['4.2'], { lease })];
      for (const result of await Promise.all(both)) expect(result.ok).toBe(true);
      expect(lease.isOver).toBe(false);
    } finally {
      clearInterval(renewals);
    }
  });

  it('counts from the moment that its renewal was asked for, and never shortens it', () => {
    const lease = new Lease('1h');
    const before = lease.leftMs;
    expect(lease.renew(Lease.now() - 100)).toBe(true);
    expect(lease.leftMs).toBeGreaterThan(before - 1000);
    expect(lease.leftMs).toBeLessThanOrEqual(3_600_000);
  });
});

describe('Lease', () => {
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 'soon', '', undefined, null, {}, '9999d'])(
    'refuses %s as its time',
    (duration) => {
      expect(() => new Lease(duration as never)).toThrow(OptionError);
    },
  );

  it.each([{ guard: false }, { detached: true }])(
    'is refused with %j, which leaves it unenforced',
    (options) => {
      const lease = new Lease('1m');
      expect(() => start('true', { lease, ...options })).toThrow(/lease cannot be combined with/);
      if (!('detached' in options))
        expect(() => startPipeline([['true']], { lease, ...options })).toThrow(
          /lease cannot be combined with/,
        );
    },
  );
});
