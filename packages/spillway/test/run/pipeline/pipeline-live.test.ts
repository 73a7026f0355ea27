/** A pipeline that is read, written and ended while it runs. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Pipeline, PipelineError, startPipeline } from '../../../src/index.js';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../../helpers/leaks.js';
import { untilItWaits } from '../../helpers/processes.js';
import { runNode } from '../../helpers/programs.js';

checkForLeaks();

const sh = (script: string) => ['sh', '-c', script] as const;
/** Says that it is there, then does nothing, and takes no notice of SIGTERM or SIGINT. */
const STUBBORN = sh('trap "" TERM INT; echo ready >&2; while :; do sleep 0.05; done');

/** Reads on to this line; a shell may first say what the signal did to its own child. */
async function untilLine(lines: AsyncIterableIterator<string> | undefined, wanted: string): Promise<void> {
  for (;;) {
    const next = await lines?.next();
    if (!next || next.done) throw new Error(`no line ${wanted}`);
    if (next.value === wanted) return;
  }
}

describe('Leaving the loop over the lines of a pipeline', () => {
  it('ends all commands at once, without a failure', async () => {
    const live = startPipeline([['yes'], ['cat'], ['cat']]);
    expect(live).toBeInstanceOf(Pipeline);
    for await (const line of live.stdout.lines()) {
      expect(line).toBe('y');
      break;
    }
    const result = await live.result;
    expect(result).toMatchObject({ ok: true, decidedBy: 2 });
    expect(result.stages.every(({ ok }) => ok)).toBe(true);
    expect(live.running).toBe(false);
    expect(live.stages.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  it('ends a command that does not write, and after the grace period one that ignores SIGTERM', async () => {
    const live = startPipeline([STUBBORN, ['sleep', '1000'], ['yes']], { terminate: { grace: 200 } });
    expect((await live.stages[0].stderr.lines().next()).value).toBe('ready');
    for await (const _ of live.stdout.lines()) break;
    const { stages, ok } = await live.result;
    expect(ok).toBe(true);
    expect(stages.map(({ signal }) => signal)).toEqual(['SIGKILL', 'SIGTERM', 'SIGTERM']);
  });

  it('ends the other commands when the last has exited and only its output is left', async () => {
    const live = startPipeline([sh('seq 5000; sleep 1000'), ['head', '-4000']]);
    let count = 0;
    for await (const _ of live.stdout.lines()) {
      if (++count === 1) await until(() => !live.stages[1].running);
      if (count === 3) break;
    }
    const result = await live.result;
    expect(result).toMatchObject({ ok: true, decidedBy: 1, exitCode: 0 });
    expect(result.stages[0].signal).toBe('SIGTERM');
  });

  it.each(['lines', 'lineBatches', 'chunks', 'stream'] as const)(
    'after its end (by %s) leaves a command that goes on in peace',
    async (how) => {
      const live = startPipeline([sh('seq 3; exec >&-; trap "exit 0" TERM; read -r x; exit 4'), ['cat']], {
        stdin: 'pipe',
      });
      const reader = how === 'chunks' ? live.stdout : live.stdout[how]();
      for await (const _ of reader);
      expect(live.stages[0].running).toBe(true);
      live.stdin.end('\n');
      const error = await live.result.catch((reason) => reason);
      expect(error.pipeline).toMatchObject({ decidedBy: 0, exitCode: 4 });
    },
  );

  it('does not hide an earlier failure', async () => {
    const live = startPipeline([sh('exit 3'), ['yes']]);
    await until(() => !live.stages[0].running);
    for await (const _ of live.stdout.lines()) break;
    const error = await live.result.catch((reason) => reason);
    expect(error).toBeInstanceOf(PipelineError);
    expect(error.pipeline).toMatchObject({ ok: false, decidedBy: 0, exitCode: 3 });
  });

  it('of a stderr ends all commands', async () => {
    const live = startPipeline([['yes'], { file: 'sh', args: ['-c', 'while echo w >&2; do :; done'] }]);
    for await (const line of live.stages[1].stderr.lines()) {
      expect(line).toBe('w');
      break;
    }
    expect((await live.result).ok).toBe(true);
  });

  it('of the stderr of a command that is over leaves the other commands in peace', async () => {
    const go = join(scratchDirectory(), 'go');
    const waiting = `cat; until [ -e ${go} ]; do sleep 0.02; done; echo done`;
    const live = startPipeline([sh('seq 3 >&2'), sh(waiting)]);
    const lines = live.stages[0].stderr.lines();
    expect((await lines.next()).value).toBe('1');
    await until(() => !live.stages[0].running);
    await lines.return?.();
    writeFileSync(go, '');
    expect(await live.result).toMatchObject({ ok: true, stdout: 'done' });
  });
});

describe('The output of a pipeline', () => {
  it('comes line by line, each once, and is then not in the result', async () => {
    const live = startPipeline([['seq', '300000'], ['cat'], ['cat']]);
    let count = 0;
    for await (const batch of live.stdout.lineBatches())
      for (const line of batch) if (line === String(count + 1)) count++;
    expect(count).toBe(300_000);
    expect(await live.result).toMatchObject({ ok: true, stdout: undefined });
  });

  it('that is not read keeps no command waiting, and is in the result', async () => {
    using result = await startPipeline([['seq', '1000000'], ['cat']]).result;
    expect(result.output.stdout?.size).toBe(6_888_896);
  });

  it("as 'stream' that is not read keeps all commands waiting, and is then not called silent", async () => {
    const live = startPipeline([['yes'], ['cat']], { stdout: 'stream', idleTimeout: 300 });
    // Two pipes, what is read ahead, and a block of each program.
    expect(await untilItWaits(live.stages[0].pid)).toBeLessThan(1_000_000);
    const since = performance.now();
    await until(() => performance.now() - since > 700);
    expect(live.running).toBe(true);
    for await (const _ of live.stdout.lines()) break;
    expect((await live.result).ok).toBe(true);
  });

  it('can be read beside each stderr', async () => {
    const live = startPipeline([sh('echo one >&2; echo 1'), sh('cat; echo two >&2')], { stderr: 'stream' });
    const [first, second, out] = await Promise.all([
      live.stages[0].stderr.text(),
      live.stages[1].stderr.text(),
      live.stdout.text(),
    ]);
    expect([first, second, out]).toEqual(['one\n', 'two\n', '1\n']);
    await live.result;
  });
});

describe('A running pipeline', () => {
  it('gives access to its commands', async () => {
    await using live = startPipeline([['sleep', '1000'], { file: 'cat', args: ['-n'] }]);
    expect(live.stages.map(({ file, args }) => [file, ...args])).toEqual([
      ['sleep', '1000'],
      ['cat', '-n'],
    ]);
    expect(live.stages.every(({ running, pid }) => running && isAlive(pid))).toBe(true);
    expect(live.running).toBe(true);
    expect(live.stdin).toBeUndefined();
  });

  it('is ended at the end of its scope', async () => {
    const pids: number[] = [];
    {
      await using live = startPipeline([['yes'], ['sleep', '1000'], ['cat']]);
      pids.push(...live.stages.map(({ pid }) => pid));
      expect(pids.filter(isAlive)).toHaveLength(3);
    }
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('is ended by terminate(), which resolves when all commands have gone', async () => {
    const live = startPipeline([['yes'], STUBBORN, ['cat']]);
    expect((await live.stages[1].stderr.lines().next()).value).toBe('ready');
    await live.terminate({ signal: 'SIGINT', grace: 100 });
    expect(live.stages.filter(({ pid }) => isAlive(pid))).toEqual([]);
    const error = await live.result.catch((reason) => reason);
    expect(error.message).toMatch(/^yes \| sh .* \| cat was terminated on request after/);
    expect(error.message).toContain('was killed by SIGKILL');
    await live.terminate();
  });

  it('passes a signal to every command, or to one', async () => {
    const told = (word: string) =>
      sh(`trap 'echo ${word} >&2; exit 0' USR1; echo ready >&2; while :; do sleep 0.05; done`);
    const live = startPipeline([told('one'), told('two')]);
    const lines = live.stages.map(({ stderr }) => stderr.lines());
    for (const each of lines) expect((await each.next()).value).toBe('ready');
    expect(live.stages[1].kill('SIGUSR1')).toBe(true);
    await untilLine(lines[1], 'two');
    await until(() => !live.stages[1].running);
    expect(live.stages[0].running).toBe(true);
    expect(live.kill('SIGUSR1')).toBe(true);
    await untilLine(lines[0], 'one');
    expect((await live.result).ok).toBe(true);
    expect(live.kill()).toBe(false);
    expect(live.stages[0].kill()).toBe(false);
  });

  it('that fails gives no unhandled rejection', async () => {
    const { code, stdout, stderr } = await runNode(`
      const live = startPipeline([['false'], ['true']]);
      try {
        for await (const _ of live.stdout.lines());
      } catch (error) {
        console.log(error.name, error === await live.result.catch((reason) => reason));
      }
      await new Promise((resolve) => setImmediate(resolve));
    `);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'PipelineError true\n', stderr: '' });
  });

  it('keeps the program alive until it is over, and no longer', async () => {
    const { code, stdout } = await runNode(`
      import { readFileSync } from 'node:fs';
      startPipeline([['seq', '3'], ['sh', '-c', 'sleep 0.3; cat']], { stdout: 'inherit' });
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1\n2\n3\n' });
  });

  it('is reported through diagnostics_channel, command by command', async () => {
    const started: string[] = [];
    const listen = (message: unknown) => started.push((message as { file: string }).file);
    subscribe('spillway:start', listen);
    subscribe('spillway:exit', listen);
    try {
      await startPipeline([['true'], ['cat']]).result;
    } finally {
      unsubscribe('spillway:start', listen);
      unsubscribe('spillway:exit', listen);
    }
    expect(started.slice(0, 2)).toEqual(['true', 'cat']);
    expect(started.slice(2).sort()).toEqual(['cat', 'true']);
  });
});
