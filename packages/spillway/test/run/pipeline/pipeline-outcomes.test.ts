/** Which command decides what becomes of a pipeline: each line is a real one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it as alone, describe, expect } from 'vitest';
import {
  type Command,
  PipelineError,
  type PipelineResult,
  pipeline,
  type Result,
  RunError,
  type RunOptions,
  startPipeline,
} from '../../../src/index.js';
import { errorOf } from '../../helpers/errors.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../../helpers/leaks.js';
import { childProgram } from '../../helpers/programs.js';
import { sideBySide } from '../../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(6);

const exits = (code: number) => ['sh', '-c', `cat >/dev/null; exit ${code}`];
const sh = (script: string) => ['sh', '-c', script];
/** Holds its stdin without reading until it is told to exit with 0. */
const HOLDER = sh('trap "exit 0" TERM; echo ready >&2; while :; do sleep 0.05; done');

const pipelineErrorOf = (pending: Promise<unknown>) => errorOf(pending, PipelineError);

interface Outcome {
  readonly ok: boolean;
  readonly decidedBy: number;
  readonly reason?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

const cases: [what: string, commands: Command[], options: RunOptions, outcome: Outcome][] = [
  ['all succeed', [['true'], ['true'], ['true']], {}, { ok: true, decidedBy: 2, exitCode: 0 }],
  ['the first fails', [['cat', '/missing'], ['sort']], {}, { ok: false, decidedBy: 0, exitCode: 1 }],
  ['one in the middle fails', [['true'], exits(3), ['true']], {}, { ok: false, decidedBy: 1, exitCode: 3 }],
  ['the last fails', [['true'], exits(4)], {}, { ok: false, decidedBy: 1, exitCode: 4 }],
  ['the first of two decides', [exits(5), exits(6)], {}, { ok: false, decidedBy: 0, exitCode: 5 }],
  [
    'a crash in the middle',
    [['true'], sh('kill -SEGV $$'), exits(2)],
    {},
    { ok: false, decidedBy: 1, reason: 'signal', signal: 'SIGSEGV' },
  ],
  [
    'SIGPIPE from a reader that has enough',
    [['yes'], ['head', '-3']],
    {},
    { ok: true, decidedBy: 1, exitCode: 0 },
  ],
  [
    'SIGPIPE all the way up',
    [['yes'], ['cat'], ['tr', 'y', 'n'], ['head', '-1']],
    {},
    { ok: true, decidedBy: 3, exitCode: 0 },
  ],
  [
    '141, as a shell calls SIGPIPE',
    [sh('yes; exit $?'), ['head', '-1']],
    {},
    { ok: true, decidedBy: 1, exitCode: 0 },
  ],
  [
    'SIGPIPE from a reader that fails',
    [['yes'], exits5AtOnce()],
    {},
    { ok: false, decidedBy: 1, exitCode: 5 },
  ],
  [
    'SIGPIPE of the last command',
    [['true'], sh('kill -PIPE $$')],
    {},
    { ok: false, decidedBy: 1, reason: 'signal', signal: 'SIGPIPE' },
  ],
  ['141 of the last command', [['true'], exits(141)], {}, { ok: false, decidedBy: 1, exitCode: 141 }],
  [
    'another code of one whose reader has enough',
    [sh('trap "" PIPE; while echo; do :; done 2>/dev/null; exit 7'), ['head', '-1']],
    {},
    { ok: false, decidedBy: 0, exitCode: 7 },
  ],
  [
    'a failure that is allowed',
    [['echo', 'a'], { file: 'grep', args: ['b'], check: false }, ['wc', '-l']],
    {},
    { ok: true, decidedBy: 2, exitCode: 0 },
  ],
  [
    'a failure behind one that is allowed',
    [{ file: 'false', check: false }, exits(8)],
    {},
    { ok: false, decidedBy: 1, exitCode: 8 },
  ],
  [
    'a timeout before any exit code',
    [['false'], ['sleep', '60'], ['cat']],
    { timeout: 1500 },
    { ok: false, decidedBy: 1, reason: 'timeout', signal: 'SIGTERM' },
  ],
  [
    'a timeout, of a command whose failure is allowed',
    [{ file: 'sleep', args: ['60'], check: false }, ['true']],
    { timeout: 200 },
    { ok: false, decidedBy: 0, reason: 'timeout', signal: 'SIGTERM' },
  ],
  [
    'silence of all',
    [['sleep', '60'], ['cat']],
    { idleTimeout: 200 },
    { ok: false, decidedBy: 0, reason: 'idle', signal: 'SIGTERM' },
  ],
  [
    'more output than is allowed, both streams of all commands together',
    [sh('head -c 600 /dev/zero >&2; sleep 60'), sh('head -c 600 /dev/zero; sleep 60')],
    { outputLimit: 1000 },
    { ok: false, decidedBy: 0, reason: 'output-limit', signal: 'SIGTERM' },
  ],
];

function exits5AtOnce(): Command {
  return sh('exit 5');
}

describe('The outcome of a pipeline', () => {
  it.each(cases)(
    'is decided as documented: %s',
    async (_what, commands, options, { ok, decidedBy, reason = 'exit', ...rest }) => {
      const expected = { ok, decidedBy, reason, exitCode: undefined, signal: undefined, ...rest };
      expect(await pipeline(commands, { ...options, check: false })).toMatchObject(expected);
      if (ok) {
        expect(await pipeline(commands, options)).toMatchObject(expected);
        return;
      }
      const error = await pipelineErrorOf(pipeline(commands, options));
      expect(error).toBeInstanceOf(RunError);
      expect(error.pipeline).toMatchObject(expected);
      const { pid, file, exitCode } = error.pipeline.stages[decidedBy] as Result;
      expect(error.result).toMatchObject({ pid, file, exitCode });
      const { decidedBy: _, ...ofTheCommand } = expected;
      expect(error.result).toMatchObject(ofTheCommand);
    },
  );

  it('of a command that SIGPIPE ended is ok, and names the signal', async () => {
    const { stages } = await pipeline([['yes'], ['head', '-1']]);
    expect(stages[0]).toMatchObject({ ok: true, signal: 'SIGPIPE', reason: 'signal' });
  });

  it('is a failure when SIGPIPE came while the next command could still read', async () => {
    const live = startPipeline([sh('kill -PIPE $$'), HOLDER]);
    expect((await live.stages[1].stderr.lines().next()).value).toBe('ready');
    await until(() => !live.stages[0].running);
    live.stages[1].kill();
    const error = await pipelineErrorOf(live.result);
    expect(error.pipeline).toMatchObject({ ok: false, decidedBy: 0, signal: 'SIGPIPE' });
  });

  it('is no failure when the next command had closed its stdin and runs on', async () => {
    const live = startPipeline([['yes'], sh(`exec <&-; ${HOLDER[2]}`)]);
    expect((await live.stages[1].stderr.lines().next()).value).toBe('ready');
    await until(() => !live.stages[0].running);
    live.stages[1].kill();
    expect(await live.result).toMatchObject({ ok: true, decidedBy: 1, exitCode: 0 });
  });

  alone('is right for 100 short pipelines, whichever exit is found first', async () => {
    // More than two pipes hold, but not `yes`: a hundred of those leave this process no processor.
    const all = await Promise.all(
      Array.from({ length: 100 }, () => pipeline([['seq', '100000'], ['cat'], ['true']])),
    );
    expect(all.filter(({ ok }) => ok)).toHaveLength(100);
  });
});

describe('PipelineError', () => {
  it('names the pipeline, the command that failed, and its stderr', async () => {
    const error = await pipelineErrorOf(
      pipeline([
        ['cat', '/missing'],
        ['sort', '-r'],
      ]),
    );
    expect(error.name).toBe('PipelineError');
    expect(error.message).toMatch(
      /^cat \/missing \| sort -r failed: cat \/missing exited with code 1 after .*\nstderr:\n {2}cat: /,
    );
    expect(error.message).toMatch(/\nstderr:\n {2}cat: \/missing: No such/);
  });

  it('of a timeout says how each command ended', async () => {
    const error = await pipelineErrorOf(
      pipeline([sh('sleep 60; :'), sh('echo complaint >&2; exit 2')], { timeout: 1500 }),
    );
    expect(error.message).toMatch(
      new RegExp(
        [
          "^sh -c 'sleep 60; :' \\| sh -c '.*' timed out after .* \\(timeout: 1\\.5 s\\)",
          " {2}sh -c 'sleep 60; :': SIGTERM ended it",
          " {2}sh -c '.*': exited with code 2 after .*",
          "stderr of sh -c 'echo complaint >&2; exit 2':",
          ' {2}complaint',
          'what it was waiting for:',
          '(?: .*\\n)* {2}sleep.* sleeps ',
        ].join('\n'),
      ),
    );
  });

  it('of a single command reads as that of run()', async () => {
    const error = await pipelineErrorOf(pipeline([['false']]));
    expect(error.message).toMatch(/^false exited with code 1 after/);
  });

  it('carries what a function of the caller threw, after the pipeline is over', async () => {
    const cause = new Error('enough of this');
    const taker = () => {
      throw cause;
    };
    const error = await pipelineErrorOf(
      pipeline([['yes'], ['cat'], ['cat']], { stdout: taker, check: false }),
    );
    expect(error.cause).toBe(cause);
    expect(error.pipeline).toMatchObject({ ok: false, reason: 'error' });
    expect(error.message).toMatch(/^yes \| cat \| cat was ended after .*: enough of this\n/);
  });

  it('carries what the source of stdin threw', async () => {
    async function* source() {
      yield 'a\n';
      throw new Error('no more to give');
    }
    const error = await pipelineErrorOf(pipeline([['cat'], ['cat']], { stdin: source() }));
    expect(error.message).toContain('no more to give');
    expect(error.pipeline.reason).toBe('error');
  });
});

describe('The end of all commands', () => {
  const pidsOf = ({ stages }: PipelineResult) => stages.map(({ pid }) => pid as number);

  it('comes with a timeout, for a command that ignores SIGTERM after the grace period', async () => {
    const stubborn = sh('trap "" TERM; while :; do sleep 0.05; done');
    const error = await pipelineErrorOf(
      pipeline([['yes'], stubborn, ['cat']], { timeout: 1500, terminate: { grace: 200 } }),
    );
    expect(error.pipeline.stages.map(({ reason, signal }) => [reason, signal])).toEqual([
      ['timeout', 'SIGTERM'],
      ['timeout', 'SIGKILL'],
      ['timeout', 'SIGTERM'],
    ]);
    expect(pidsOf(error.pipeline).filter(isAlive)).toEqual([]);
  });

  it('comes with an abort, whose reason is the cause', async () => {
    const controller = new AbortController();
    const live = startPipeline([['yes'], ['cat'], HOLDER], { signal: controller.signal });
    expect((await live.stages[2].stderr.lines().next()).value).toBe('ready');
    controller.abort(new Error('changed my mind'));
    const error = await pipelineErrorOf(live.result);
    expect(error.pipeline.reason).toBe('abort');
    expect((error.cause as Error).message).toBe('changed my mind');
    expect(error.message).toContain('was aborted after');
  });

  it('does not come again for an abort after the last exit', async () => {
    const controller = new AbortController();
    const result = await pipeline([['echo', 'done'], ['cat']], { signal: controller.signal });
    controller.abort();
    expect(result).toMatchObject({ ok: true, stdout: 'done' });
  });

  it('comes before the start when the signal is aborted already, and nothing is touched', async () => {
    const file = join(scratchDirectory(), 'touched');
    const error = await pipelineErrorOf(
      pipeline([['touch', file], ['cat']], { signal: AbortSignal.abort(new Error('no')) }),
    );
    expect(error.message).toBe(`touch ${file} | cat was not started: its AbortSignal was aborted before: no`);
    expect(error.pipeline).toMatchObject({ ok: false, reason: 'abort' });
    expect(error.pipeline.stages.map(({ pid }) => pid)).toEqual([undefined, undefined]);
    expect(existsSync(file)).toBe(false);
    expect(() => startPipeline([['true']], { signal: AbortSignal.abort() })).toThrow(PipelineError);
  });

  it('reaches the last command first, so that none takes an early end of input for the whole', async () => {
    const file = join(scratchDirectory(), 'committed');
    // Like a program that commits when its input ends.
    const commits = sh(`cat >/dev/null; echo committed > ${file}`);
    for (let round = 0; round < 20; round++) {
      const error = await pipelineErrorOf(
        pipeline([sh('echo a; sleep 60'), ['cat'], commits], { timeout: 30 }),
      );
      expect(error.pipeline.reason).toBe('timeout');
      expect(existsSync(file)).toBe(false);
    }
  });

  it('comes at the timeout for a command that never learns that its reader has gone', async () => {
    const error = await pipelineErrorOf(
      pipeline([sh('echo a line; sleep 60'), ['head', '-1']], { timeout: 1500 }),
    );
    expect(error.pipeline).toMatchObject({ decidedBy: 0, reason: 'timeout', stdout: 'a line' });
    expect(error.pipeline.stages[1]).toMatchObject({ ok: true, exitCode: 0 });
  });

  it("reaches a daemon that holds the pipe to the next command, with leftovers: 'kill-all'", async () => {
    const daemon = [childProgram('daemon.sh'), join(scratchDirectory(), 'fifo'), '10'];
    const { stdout, stages } = await pipeline([daemon, ['cat']], { leftovers: 'kill-all' });
    const [pid, zeros] = stdout.split('\n');
    expect(zeros).toBe('0'.repeat(10));
    expect(isAlive(Number(pid))).toBe(false);
    expect(stages[0].leftovers).toMatchObject([{ pid: Number(pid), leftGroup: true, action: 'killed' }]);
  });

  it('leaves no background process of any command', async () => {
    const { stdout, stages } = await pipeline([sh('sleep 60 & echo $!'), sh('sleep 60 & cat; echo $! >&2')]);
    expect([stdout, stages[1].stderr].map(Number).filter(isAlive)).toEqual([]);
  });
});
