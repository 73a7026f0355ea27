/** Runs a call: by run() or pipeline(), by their live forms, or while the thread waits. */
import {
  type Child,
  type Pipeline,
  pipeline,
  type RunOptions,
  run,
  runSync,
  type StageOptions,
  type SyncRunOptions,
  start,
  startPipeline,
} from '../run/index.js';
import type { Call } from './call.js';
import { echoStart } from './echo.js';

export function runCall(call: Call): Promise<unknown> {
  const { stages, one, options, settled } = begin(call);
  const result: Promise<unknown> = one
    ? run(one.file, one.args, one.options as RunOptions)
    : pipeline(stages, options as RunOptions);
  result.then(settled, settled);
  return result;
}

export function startCall(call: Call): Child | Pipeline {
  const { stages, one, options, settled } = begin(call);
  try {
    const child = one ? start(one.file, one.args, one.options) : startPipeline(stages, options);
    child.result.then(settled, settled);
    return child as Child | Pipeline;
  } catch (error) {
    settled(error);
    throw error;
  }
}

/** For a call of one command. */
export function runCallSync(call: Call): unknown {
  const { one, settled } = begin(call);
  let end: unknown;
  try {
    end = runSync(one?.file as string, one?.args ?? [], one?.options as SyncRunOptions);
    return end;
  } finally {
    settled(end);
  }
}

/** What starts now, echoed. `settled` is for its result or error. */
function begin({ stages, options: { echo, ...all }, shown }: Call) {
  const [{ file, args = [], ...own }, ...more] = stages as [StageOptions, ...StageOptions[]];
  const echoed = echo ? echoStart(shown) : undefined;
  const settled = (end: unknown) => echoed?.(end);
  const one = more.length > 0 ? undefined : { file, args, options: { ...all, ...own } };
  return { stages, one, options: all, settled };
}
