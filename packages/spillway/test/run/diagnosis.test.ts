/** A timeout that explains itself: what its processes wait for is looked at before any of them is ended. */
import { it as alone, describe, expect } from 'vitest';
import { OptionError, pipeline, RunError, run, runSync, start } from '../../src/index.js';
import { describeOnce } from '../helpers/backend.js';
import { errorOf } from '../helpers/errors.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

/** Waits for a child whose output it does not read. */
const DEADLOCK = [
  '-c',
  `import subprocess, sys
subprocess.Popen([sys.executable, '-c', 'print("x" * 200000)'], stdout=subprocess.PIPE).wait()`,
];

const failureOf = (pending: Promise<unknown>) => errorOf(pending, RunError);

/**
 * How long it takes to reach the deadlock, and to look at it twice, depends on the machine: tries again with
 * more time until the error says that the command hung.
 */
async function hung(attempt: (ms: number) => Promise<RunError>): Promise<RunError> {
  const end = performance.now() + 40_000;
  let error = await attempt(1000);
  for (let ms = 2000; error.result.diagnosis?.state !== 'hung' && performance.now() < end; ms += 1000)
    error = await attempt(ms);
  return error;
}

const it = sideBySide(3);
const onLinux = process.platform === 'linux';
const describeOnLinux = onLinux ? describeOnce : describe.skip;

// The ends of this program are pipes or sockets.
describe.skipIf(!onLinux)('A timeout, with either backend,', () => {
  it('names this program when its function has not taken the output', async () => {
    const slow = await failureOf(run('yes', [], { stdout: () => new Promise(() => {}), timeout: 400 }));
    expect(slow.message).toContain('This program keeps it waiting: what takes its stdout has not taken all');
  });

  it('names this program when it has not ended the stdin', async () => {
    const unended = await failureOf(start('cat', [], { stdin: 'pipe', timeout: 400 }).result);
    expect(unended.message).toMatch(/only (?:writer|other end): this program, .*which is not writing/);
    expect(unended.message).toContain('Its stdin is open: child.stdin.end() has not been called.');
  });

  it('names this program when it does not read a stream', async () => {
    const unread = await failureOf(start('yes', [], { stdout: 'stream', timeout: 400 }).result);
    expect(unread.message).toMatch(/only (?:reader|other end): this program, .*which is not reading/);
    expect(unread.message).toContain('This program keeps it waiting: child.stdout is not read on.');
    expect(unread.result.diagnosis?.state).toBe('healthy');
  });

  it('says what each process was doing when nothing hangs', async () => {
    const error = await failureOf(run('sh', ['-c', 'sleep 60 | cat; :'], { timeout: 500 }));
    expect(error.result.diagnosis?.state).toBe('healthy');
    expect(error.message).toMatch(/ {2}sh\[\d+\] +waits for one of its children [\s\S]* sleeps /);
    expect(error.message).toMatch(/cat\[\d+\] +waits for input on its stdin: the pipe is empty/);
  });
});

describeOnLinux('A timeout', () => {
  it('of a pipeline looks at all of its commands', async () => {
    const whole = pipeline([['yes'], ['sleep', '60'], ['cat']], { timeout: 800 });
    const error = await failureOf(whole);
    const { diagnosis } = (error as unknown as { pipeline: { diagnosis: RunError['result']['diagnosis'] } })
      .pipeline;
    expect(diagnosis?.activities.map(({ process }) => process.name)).toEqual(['yes', 'sleep', 'cat']);
    expect(error.message).toMatch(/yes\[\d+\] +cannot write its stdout: the pipe is full/);
    expect(error.message).toContain('sleep 60: SIGTERM ended it');
  });

  it('stops looking when an abort asks for the end at once', async () => {
    const controller = new AbortController();
    const child = start('python3', DEADLOCK, { timeout: 1000, signal: controller.signal });
    setTimeout(() => controller.abort(), 1040);
    const error = await failureOf(child.result);
    expect(error.result.reason).toBe('timeout');
  });

  it('stays a timeout when the command exits while it is looked at', async () => {
    const script = 'sleep 0.2; echo done';
    for (let timeout = 190; timeout < 220; timeout += 5) {
      const { reason, exitCode, ok } = await run('sh', ['-c', script], { timeout, check: false });
      if (reason === 'timeout') expect(ok).toBe(false);
      else expect({ reason, exitCode, ok }).toEqual({ reason: 'exit', exitCode: 0, ok: true });
    }
  });

  it('of 0, or with diagnose: false, does not look', async () => {
    const plain = await failureOf(run('sleep', ['60'], { timeout: 100, diagnose: false }));
    expect(plain.message).toMatch(/SIGTERM ended it$/);
    expect(plain.result.diagnosis).toBeUndefined();
    const none = await failureOf(run('sleep', ['60'], { timeout: 0 }));
    expect(none.result.diagnosis).toBeUndefined();
  });

  it('alone looks: other ends have no diagnosis', async () => {
    const failed = await failureOf(run('false'));
    expect(failed.result.diagnosis).toBeUndefined();
  });
});

// A look is bounded to 300 ms, so these have the program to themselves.
describeOnLinux('A timeout in a deadlock', () => {
  alone('names it, with its circle, its reason and a way out', async () => {
    const error = await hung((timeout) => failureOf(run('python3', DEADLOCK, { timeout })));
    const { diagnosis, reason } = error.result;
    expect(reason).toBe('timeout');
    expect(diagnosis).toMatchObject({
      state: 'hung',
      findings: [{ kind: 'deadlock', confidence: 'certain' }],
    });
    expect(error.message).toMatch(
      /what it was waiting for:\nFound one deadlock: 2 processes [\s\S]*65536 of 65536 bytes[\s\S]*\nWhy: /,
    );
    expect(error.message).toMatch(/\nWhy: .*\nFix: .*$/);
  });

  alone('for silence names it', async () => {
    const error = await hung((idleTimeout) => failureOf(run('python3', DEADLOCK, { idleTimeout })));
    expect(error.result).toMatchObject({ reason: 'idle', diagnosis: { state: 'hung' } });
  });

  alone('of runSync() names it', async () => {
    const error = await hung(async (timeout) => {
      try {
        runSync('python3', DEADLOCK, { timeout });
      } catch (thrown) {
        return thrown as RunError;
      }
      throw new Error('it came to an end');
    });
    expect(error.result.diagnosis?.findings[0]?.kind).toBe('deadlock');
    expect(error.message).toContain('Found one deadlock');
  });
});

it('The option diagnose is true or false', () => {
  expect(() => start('true', [], { diagnose: 1 as never })).toThrow(OptionError);
});
