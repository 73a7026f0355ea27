/**
 * Results when two things happen, each pair in both orders, on real processes: the second table of
 * docs/outcomes.md.
 */
import { describe, expect, it } from 'vitest';
import { type Child, type LiveResultOf, RunError, type StartOptions, start } from '../../src/index.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { blockUntilExited } from '../helpers/processes.js';

checkForLeaks();

/** Says so at SIGTERM, and exits with 0 when "leave" comes on stdin. At "more" it writes more. */
const PROGRAM = `
trap 'echo asked' TERM
echo ready
while :; do
  read -r word || continue
  case $word in more) echo 'more output than that';; leave) exit 0;; esac
done
`;

type Started = Child<{ stdin: 'pipe'; stdout: 'stream'; stderr: 'stdout' }>;

interface Stage {
  readonly child: Started;
  readonly controller: AbortController;
  readonly failStdout: () => void;
  /** Resolves when the program has printed the word. */
  printed(word: string): Promise<void>;
}

/** A cause: the options that it takes, and how it is made to happen now. */
interface Cause {
  readonly options?: StartOptions;
  readonly happen: (stage: Stage) => unknown;
  readonly reason: string;
}

const write = ({ child }: Stage, word: string) => child.stdin.write(`${word}\n`);

const causes: Record<string, Cause> = {
  abort: { happen: ({ controller }) => controller.abort(), reason: 'abort' },
  'the output limit': {
    options: { outputLimit: 40 },
    happen: (stage) => flood(stage),
    reason: 'output-limit',
  },
  'a failing target': { happen: ({ failStdout }) => failStdout(), reason: 'error' },
  'terminate()': { happen: ({ child }) => void child.terminate(), reason: 'exit' },
};

async function flood(stage: Stage): Promise<void> {
  write(stage, 'more');
  write(stage, 'more');
  await stage.printed('more output than that\nmore output than that');
}

async function stageFor(options: StartOptions): Promise<Stage> {
  const controller = new AbortController();
  let text = '';
  let fail = false;
  const listeners = new Set<() => void>();
  const child = start('sh', ['-c', PROGRAM], {
    ...options,
    stdin: 'pipe',
    stderr: 'stdout',
    signal: controller.signal,
    terminate: { grace: '30s' },
    stdout: [
      (chunk: Buffer) => {
        text += chunk;
        for (const listener of listeners) listener();
      },
      () => {
        if (fail) throw new Error('target failed');
      },
    ],
  }) as unknown as Started;
  const stage: Stage = {
    child,
    controller,
    failStdout: () => {
      fail = true;
      write(stage, 'more');
    },
    printed: (word) =>
      new Promise((resolve) => {
        const look = () => {
          if (!text.includes(word)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
  };
  await stage.printed('ready');
  return stage;
}

async function resultOf(child: Started): Promise<LiveResultOf<unknown>> {
  try {
    return (await child.result) as LiveResultOf<unknown>;
  } catch (error) {
    if (error instanceof RunError) return error.result as LiveResultOf<unknown>;
    throw error;
  }
}

const pairs = Object.keys(causes).flatMap((first) =>
  Object.keys(causes)
    .filter((second) => second !== first)
    .map((second) => [first, second] as const),
);

describe('The first of two causes is the reason:', () => {
  it.each(pairs)('%s, then %s', async (first, second) => {
    const [one, other] = [causes[first] as Cause, causes[second] as Cause];
    const stage = await stageFor({ ...one.options, ...other.options });
    await one.happen(stage);
    await stage.printed('asked');
    await other.happen(stage);
    write(stage, 'leave');
    const result = await resultOf(stage.child);
    expect(result).toMatchObject({ reason: one.reason, exitCode: 0, signal: undefined });
    expect(result.ok).toBe(first === 'terminate()');
  });

  it.each(['timeout', 'idleTimeout'] as const)('%s, then every other', async (limit) => {
    const stage = await stageFor({ [limit]: 700, outputLimit: 40 });
    await stage.printed('asked');
    for (const cause of Object.values(causes)) await cause.happen(stage);
    write(stage, 'leave');
    const reason = limit === 'timeout' ? 'timeout' : 'idle';
    expect(await resultOf(stage.child)).toMatchObject({ reason, ok: false, exitCode: 0 });
  });
});

describe('A signal from elsewhere', () => {
  it.each(Object.keys(causes))('after %s is in the result beside the reason', async (name) => {
    const cause = causes[name] as Cause;
    const stage = await stageFor({ ...cause.options });
    await cause.happen(stage);
    await stage.printed('asked');
    process.kill(stage.child.pid, 'SIGKILL');
    const reason = name === 'terminate()' ? 'signal' : cause.reason;
    expect(await resultOf(stage.child)).toMatchObject({ reason, ok: false, signal: 'SIGKILL' });
  });

  it.each(Object.keys(causes))('that the child survives is not the reason: %s is', async (name) => {
    const cause = causes[name] as Cause;
    const stage = await stageFor({ ...cause.options });
    process.kill(stage.child.pid, 'SIGTERM');
    await stage.printed('asked');
    await cause.happen(stage);
    if (name !== 'terminate()') await stage.printed('asked\n');
    write(stage, 'leave');
    expect(await resultOf(stage.child)).toMatchObject({ reason: cause.reason, exitCode: 0 });
  });

  it.each([
    ['abort', (stage: Stage) => stage.controller.abort()],
    ['terminate()', (stage: Stage) => void stage.child.terminate()],
  ])(
    'that has ended the child is the outcome when %s comes before its exit was noticed',
    async (_, happen) => {
      const stage = await stageFor({});
      process.kill(stage.child.pid, 'SIGKILL');
      blockUntilExited(stage.child.pid);
      happen(stage);
      expect(await resultOf(stage.child)).toMatchObject({ reason: 'signal', ok: false, signal: 'SIGKILL' });
    },
  );
});

describe('An exit', () => {
  it.each([
    ['abort', (stage: Stage) => stage.controller.abort()],
    ['terminate()', (stage: Stage) => void stage.child.terminate()],
  ])('that was not noticed yet is the outcome when %s comes', async (_, happen) => {
    const child = start('true', { check: false });
    blockUntilExited(child.pid);
    const controller = new AbortController();
    happen({ child, controller } as unknown as Stage);
    expect(await child.result).toMatchObject({ reason: 'exit', exitCode: 0, ok: true });
  });

  it('before its output was found to exceed the limit is an exceeded limit', async () => {
    const child = start('echo', ['more than ten'], { outputLimit: 10, check: false });
    blockUntilExited(child.pid);
    expect(await child.result).toMatchObject({ reason: 'output-limit', exitCode: 0, ok: false });
  });

  it('whose output a target refuses is an error of this program', async () => {
    const refuse = () => {
      throw new Error('refused');
    };
    const child = start('echo', ['hi'], { stdout: refuse });
    blockUntilExited(child.pid);
    await expect(child.result).rejects.toMatchObject({ result: { reason: 'error', exitCode: 0 } });
  });

  it('stays the outcome when the child is aborted afterwards', async () => {
    const controller = new AbortController();
    const child = start('true', { signal: controller.signal });
    expect((await child.result).reason).toBe('exit');
    controller.abort();
    await child.terminate();
    expect(await child.result).toMatchObject({ reason: 'exit', ok: true });
  });
});
