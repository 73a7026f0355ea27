/** Nothing of an attempt outlives the program that makes it, whatever becomes of that program. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Fence, Outcome } from '../../src/attempt.js';
import { isAlive, until } from '../helpers/processes.js';
import { type Program, startProgram } from '../helpers/programs.js';
import { scratch } from '../helpers/scratch.js';

const programs: Program[] = [];
afterAll(() => {
  for (const { process } of programs.splice(0)) process.kill('SIGKILL');
});

function program(script: string, before?: string): Program {
  const started = startProgram(script, before);
  programs.push(started);
  return started;
}

/** A process that ignores TERM, and a daemon that does. It writes their pids. */
const TREE =
  'trap "" TERM; setsid sh -c "trap \\"\\" TERM; while :; do sleep 0.1; done" & ' +
  'echo $$ $!; while :; do sleep 0.1; done';

/** Makes one attempt with it, and tells the pids. */
const attemptTree = (options: string) => `
  const outcome = await attempt(['sh', '-c', ${JSON.stringify(TREE)}], {
    id: 'tree',
    terminate: { grace: 300 },
    // The shell tells of its killed children on stderr.
    output: (bytes, stream) => stream === 'stdout' && say(bytes.toString().trim()),
    ${options}
  });
  say(JSON.stringify(outcome));
`;

describe.concurrent('A worker that is killed', () => {
  it('before its fence is committed has run nothing', async () => {
    const ran = join(scratch(), 'ran');
    const killed = program(`
      const fence = async (fence) => { say(JSON.stringify(fence)); await new Promise(() => {}); };
      setInterval(() => {}, 1000);
      await attempt(['touch', ${JSON.stringify(ran)}], { id: 'held', fence });
    `);
    const { pid } = JSON.parse(await killed.line()) as Fence;
    expect(isAlive(pid)).toBe(true);
    await killed.kill('SIGKILL');
    await until(() => !isAlive(pid));
    expect(existsSync(ran)).toBe(false);
  });

  it('while it runs takes all of it with it', async () => {
    const killed = program(attemptTree(''));
    const pids = (await killed.line()).split(' ').map(Number);
    expect(pids.map(isAlive)).toEqual([true, true]);
    await killed.kill('SIGKILL');
    await until(() => !pids.some(isAlive));
  });
});

describe.concurrent('A worker that is stopped', () => {
  it('loses its attempt with the lease, and learns of it when it goes on', async () => {
    const stopped = program(`
      const lease = new Lease('1s');
      setInterval(() => lease.renew(), 100);
      ${attemptTree('lease')}
      process.exit();
    `);
    const pids = (await stopped.line()).split(' ').map(Number);
    await stopped.kill('SIGSTOP');
    await until(() => !pids.some(isAlive));
    await stopped.kill('SIGCONT');
    const outcome = JSON.parse(await stopped.line()) as Outcome;
    expect(outcome).toMatchObject({ ok: false, reason: 'lost', decidedBy: 'lease' });
  });

  it('before its program runs does not run it when it goes on', async () => {
    const ran = join(scratch(), 'ran');
    const stopped = program(`
      const lease = new Lease('1s');
      const fence = ({ pid }) => { say(String(pid)); process.kill(process.pid, 'SIGSTOP'); };
      const outcome = await attempt(['touch', ${JSON.stringify(ran)}], { id: 'held', fence, lease });
      say(JSON.stringify(outcome));
    `);
    const pid = Number(await stopped.line());
    await until(() => !isAlive(pid));
    await stopped.kill('SIGCONT');
    expect(JSON.parse(await stopped.line())).toMatchObject({ reason: 'not-started', decidedBy: 'lease' });
    expect(existsSync(ran)).toBe(false);
  });
});

describe.concurrent('A clock that jumps', () => {
  /** Each look at the date is years away from the last one. */
  const JUMPING = `
    const Real = Date;
    let looks = 0;
    const away = () => Real.parse('2026-01-01') + (looks++ % 2 ? 1 : -1) * 3e11;
    globalThis.Date = class extends Real {
      constructor(...given) { super(...(given.length > 0 ? given : [away()])); }
      static now() { return away(); }
    };
  `;

  it('neither ends an attempt nor keeps it from its end', async () => {
    const jumping = program(
      `
      const kept = new Lease('2s');
      const renewals = setInterval(() => kept.renew(), 200);
      const options = { id: 'long', timeout: '20s', idleTimeout: '10s' };
      say(JSON.stringify(await attempt(['sleep', '2.5'], { ...options, lease: kept })));
      clearInterval(renewals);
      say(JSON.stringify(await attempt(['sleep', '60'], { ...options, lease: new Lease('500ms') })));
      say(JSON.stringify(await attempt(['sleep', '60'], { ...options, timeout: 300 })));
      `,
      JUMPING,
    );
    const outcomes = [await jumping.line(), await jumping.line(), await jumping.line()];
    const [long, lost, late] = outcomes.map((line) => JSON.parse(line) as Outcome);
    expect(long).toMatchObject({ ok: true });
    expect(long?.durationMs).toBeGreaterThan(2400);
    expect(long?.durationMs).toBeLessThan(20_000);
    expect(lost).toMatchObject({ reason: 'lost' });
    expect(late).toMatchObject({ reason: 'timeout' });
  });
});

describe.concurrent('Two attempts of one job at once', () => {
  it('are one, where the fence is put in place of the one that was read', async () => {
    const directory = scratch();
    const [stored, ran] = [join(directory, 'fence'), join(directory, 'ran')];
    // link(2) makes the name if there is none, in one step.
    const script = (name: string) => `
      const { linkSync, writeFileSync } = await import('node:fs');
      const fence = (fence) => {
        const own = ${JSON.stringify(stored)} + '.${name}';
        writeFileSync(own, JSON.stringify(fence));
        try { linkSync(own, ${JSON.stringify(stored)}); return true; } catch { return false; }
      };
      process.once('SIGUSR2', async () => {
        clearInterval(hold);
        const outcome = await attempt(['sh', '-c', 'echo $$ >>${ran}; sleep 0.3'], { id: 'twins', fence });
        say(JSON.stringify(outcome));
      });
      const hold = setInterval(() => {}, 1000);
      say('ready');
    `;
    const both = [program(script('a')), program(script('b'))];
    for (const one of both) expect(await one.line()).toBe('ready');
    for (const one of both) await one.kill('SIGUSR2');
    const outcomes: Outcome[] = [];
    for (const one of both) outcomes.push(JSON.parse(await one.line()));
    expect(outcomes.map(({ reason }) => reason).sort()).toEqual(['exit', 'not-started']);
    const { pid } = JSON.parse(readFileSync(stored, 'utf8')) as Fence;
    expect(readFileSync(ran, 'utf8')).toBe(`${pid}\n`);
    expect(outcomes.find(({ ok }) => !ok)?.message).toBe('was not started: another attempt holds the job');
  });
});
