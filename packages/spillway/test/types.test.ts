/** The types of results: checked by `npm run typecheck`; at run time these only have to load. */
import { PassThrough, type Writable } from 'node:stream';
import { describe, expectTypeOf, it } from 'vitest';
import {
  type ByteStream,
  type Child,
  type Command,
  type Output,
  type PipelineResult,
  pipeline,
  type Result,
  type RunError,
  type RunOptions,
  run,
  runSync,
  type SyncRunOptions,
  start,
  startPipeline,
} from '../src/index.js';

describe('The types', () => {
  it('know which streams were kept', () => {
    const plain = () => run('true');
    expectTypeOf(plain).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<string>();
    const bytes = () => run('true', [], { encoding: 'buffer' });
    expectTypeOf(bytes).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<Buffer>();
    const passed = () => run('true', [], { stdout: 'inherit' });
    expectTypeOf(passed).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<undefined>();
    expectTypeOf(passed).returns.resolves.toHaveProperty('stderr').toEqualTypeOf<string>();
    const both = () => run('true', [], { stdout: ['inherit', 'capture'], stderr: 'stdout' });
    expectTypeOf(both).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<string>();
    expectTypeOf(both).returns.resolves.toHaveProperty('stderr').toEqualTypeOf<undefined>();
    const tail = () => run('true', [], { stdout: { tail: 100 } });
    expectTypeOf(tail)
      .returns.resolves.toHaveProperty('output')
      .toHaveProperty('stdout')
      .toEqualTypeOf<Output>();
  });

  it('leave room for options that are only known later', () => {
    const later = (options: RunOptions) => run('true', options);
    expectTypeOf(later).returns.resolves.toExtend<Result>();
  });

  it('take options of a declared type for the defaults', () => {
    const options: RunOptions = { cwd: '/' };
    const wide = () => run('true', [], options);
    expectTypeOf(wide).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<string>();
    const synchronous: SyncRunOptions = {};
    const wideSync = () => runSync('true', [], synchronous);
    expectTypeOf(wideSync).returns.toHaveProperty('stderr').toEqualTypeOf<string>();
    const inPipeline = () => pipeline([['true']], options);
    expectTypeOf(inPipeline).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<string>();
  });

  it('give an error text for both streams', () => {
    const complaint = (error: RunError) => error.result.stderr.trim() + error.result.stdout.trim();
    expectTypeOf(complaint).returns.toEqualTypeOf<string>();
  });

  it('let any child stand where a child may', () => {
    const later = () => {
      let child: Child = start('true');
      child = start('cat', { stdin: 'pipe' });
      child = start('true', [], { stdout: 'inherit', stderr: { tail: 10 }, encoding: 'buffer' });
      child = start('true', [], { stdout: ['stream', 'capture'], pty: true });
      return child;
    };
    expectTypeOf(later).returns.toHaveProperty('stdin').toEqualTypeOf<Writable | undefined>();
    expectTypeOf(later).returns.toHaveProperty('stdout').toEqualTypeOf<ByteStream | undefined>();
  });

  it('know which ends of a child there are', () => {
    const usual = () => start('true');
    expectTypeOf(usual).returns.toHaveProperty('stdout').toEqualTypeOf<ByteStream>();
    expectTypeOf(usual).returns.toHaveProperty('stdin').toEqualTypeOf<undefined>();
    expectTypeOf(usual)
      .returns.toHaveProperty('result')
      .resolves.toHaveProperty('stdout')
      .toEqualTypeOf<string | undefined>();
    const piped = () => start('cat', { stdin: 'pipe', stdout: 'capture' });
    expectTypeOf(piped).returns.toHaveProperty('stdin').toEqualTypeOf<Writable>();
    expectTypeOf(piped).returns.toHaveProperty('stdout').toEqualTypeOf<undefined>();
    expectTypeOf(piped)
      .returns.toHaveProperty('result')
      .resolves.toHaveProperty('stdout')
      .toEqualTypeOf<string>();
  });

  it('let every result stand where any may', () => {
    const usual = () => start('true', [], { stdout: 'capture', encoding: 'buffer' });
    expectTypeOf(usual).returns.toHaveProperty('result').resolves.toExtend<Result>();
    expectTypeOf(() => run('true')).returns.resolves.toExtend<Result>();
  });

  it('know the same of a synchronous run, and that streams are not for it', () => {
    const plain = () => runSync('true');
    expectTypeOf(plain).returns.toHaveProperty('stdout').toEqualTypeOf<string>();
    const bytes = () => runSync('true', [], { encoding: 'buffer', stderr: 'stdout' });
    expectTypeOf(bytes).returns.toHaveProperty('stdout').toEqualTypeOf<Buffer>();
    expectTypeOf(bytes).returns.toHaveProperty('stderr').toEqualTypeOf<undefined>();
    const later = (options: SyncRunOptions) => runSync('true', options);
    expectTypeOf(later).returns.toExtend<Result>();
    const ours = () => runSync('true', { stdout: process.stdout });
    expectTypeOf(ours).toBeFunction();
    // @ts-expect-error a Writable takes nothing while the thread is blocked
    const stream = () => runSync('true', { stdout: new PassThrough() });
    expectTypeOf(stream).toBeFunction();
    // @ts-expect-error nor does a Readable give anything
    const readable = () => runSync('true', { stdin: new PassThrough() });
    expectTypeOf(readable).toBeFunction();
  });

  it('refuse what only start can do', () => {
    // @ts-expect-error 'stream' needs a child to read from
    const wrong = () => run('true', [], { stdout: 'stream' });
    expectTypeOf(wrong).toBeFunction();
  });

  it('know the streams of a pipeline, command by command', () => {
    const usual = () => pipeline([['a', 'b'], { file: 'c', stderr: 'stdout' }, ['d']]);
    expectTypeOf(usual).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<string>();
    const stages = async () => (await usual()).stages;
    expectTypeOf(stages).returns.resolves.toHaveProperty(0).toHaveProperty('stderr').toEqualTypeOf<string>();
    expectTypeOf(stages)
      .returns.resolves.toHaveProperty(1)
      .toHaveProperty('stderr')
      .toEqualTypeOf<undefined>();
    const bytes = () => pipeline([['a'], ['b']], { encoding: 'buffer', stderr: 'inherit' });
    expectTypeOf(bytes).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<Buffer>();
    const last = async () => (await bytes()).stages[1];
    expectTypeOf(last).returns.resolves.toHaveProperty('stderr').toEqualTypeOf<undefined>();
    const later = (commands: Command[], options: RunOptions) => pipeline(commands, options);
    expectTypeOf(later).returns.resolves.toExtend<PipelineResult>();
    expectTypeOf(usual).returns.resolves.toExtend<PipelineResult>();
  });

  it('know which ends of a running pipeline there are', () => {
    const usual = () => startPipeline([['a'], ['b']]);
    expectTypeOf(usual).returns.toHaveProperty('stdout').toEqualTypeOf<ByteStream>();
    expectTypeOf(usual).returns.toHaveProperty('stdin').toEqualTypeOf<undefined>();
    expectTypeOf(usual)
      .returns.toHaveProperty('stages')
      .toHaveProperty(0)
      .toHaveProperty('stderr')
      .toEqualTypeOf<ByteStream>();
    expectTypeOf(usual)
      .returns.toHaveProperty('result')
      .resolves.toHaveProperty('stdout')
      .toEqualTypeOf<string | undefined>();
    const own = () =>
      startPipeline([{ file: 'a', stderr: 'capture' }, ['b']], { stdin: 'pipe', stdout: 'capture' });
    expectTypeOf(own).returns.toHaveProperty('stdin').toEqualTypeOf<Writable>();
    expectTypeOf(own)
      .returns.toHaveProperty('stages')
      .toHaveProperty(0)
      .toHaveProperty('stderr')
      .toEqualTypeOf<undefined>();
    expectTypeOf(own)
      .returns.toHaveProperty('result')
      .resolves.toHaveProperty('stdout')
      .toEqualTypeOf<string>();
    const takes = () => pipeline([['a']], { stdout: (chunk) => chunk.length });
    expectTypeOf(takes).toBeFunction();
    // @ts-expect-error only startPipeline has streams to read
    const wrong = () => pipeline([['a']], { stdout: 'stream' });
    expectTypeOf(wrong).toBeFunction();
  });
});
