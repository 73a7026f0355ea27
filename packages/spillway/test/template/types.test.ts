/** The types of `$`: checked by `npm run typecheck`; at run time these only have to load. */
import { Readable } from 'node:stream';
import { describe, expectTypeOf, it } from 'vitest';
import {
  $,
  type ByteStream,
  type Child,
  type Output,
  type Pipeline,
  type PipelineResult,
  type Result,
  type ScriptOptions,
} from '../../src/index.js';

describe('The types of $', () => {
  it('know what a command and a pipeline have in common', () => {
    const plain = () => $`true`;
    expectTypeOf(plain).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<string>();
    expectTypeOf(plain).returns.resolves.toHaveProperty('ok').toEqualTypeOf<boolean>();
    expectTypeOf(plain).returns.resolves.toExtend<Result | PipelineResult>();
    const output = async () => (await plain()).output.stdout;
    expectTypeOf(output).returns.resolves.toEqualTypeOf<Output>();
    const stderr = async () => (await plain()).stderr;
    expectTypeOf(stderr).returns.resolves.toEqualTypeOf<string | undefined>();
    const narrowed = async () => {
      const result = await plain();
      return result.stages ? result.stages[0] : result.stderr;
    };
    expectTypeOf(narrowed).returns.resolves.toEqualTypeOf<
      Result<string | Buffer | undefined, string> | string | undefined
    >();
  });

  it('know what options choose, and what later options change', () => {
    const bytes = () => $({ encoding: 'buffer', cwd: '/' })`true`;
    expectTypeOf(bytes).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<Buffer>();
    const passed = () => $.with({ stdout: 'inherit', encoding: 'buffer' })`true`;
    expectTypeOf(passed).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<undefined>();
    const again = () => $({ encoding: 'buffer' })({ encoding: 'utf8', echo: true, prefix: 'a ' })`true`;
    expectTypeOf(again).returns.resolves.toHaveProperty('stdout').toEqualTypeOf<string>();
    const later = (options: ScriptOptions) => $(options)`true`;
    expectTypeOf(later).returns.resolves.toExtend<Result | PipelineResult>();
    // @ts-expect-error there is no such option
    const wrong = () => $({ timeuot: 1 })`true`;
    expectTypeOf(wrong).toBeFunction();
  });

  it('know what views give', () => {
    const command = () => $`true`;
    expectTypeOf(() => command().text()).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(() => command().bytes()).returns.resolves.toEqualTypeOf<Buffer>();
    expectTypeOf(() => command().ok()).returns.resolves.toEqualTypeOf<boolean>();
    expectTypeOf(() => command().json()).returns.resolves.toEqualTypeOf<unknown>();
    expectTypeOf(() => command().json<{ a: 1 }>()).returns.resolves.toEqualTypeOf<{ a: 1 }>();
    const lines = async () => {
      for await (const line of command()) return line;
      return undefined;
    };
    expectTypeOf(lines).returns.resolves.toEqualTypeOf<string | undefined>();
  });

  it('know what is started', () => {
    const child = () => $`true`.start();
    expectTypeOf(child).returns.toExtend<Child | Pipeline>();
    expectTypeOf(child).returns.toHaveProperty('stdout').toEqualTypeOf<ByteStream>();
    expectTypeOf(() => $.sh`true`.start())
      .returns.toHaveProperty('pid')
      .toEqualTypeOf<number>();
    expectTypeOf(() => $.sh({ stdin: 'pipe' })`cat`.start().stdin.end('a')).toBeFunction();
    expectTypeOf(() => $({ stdin: 'pipe' })`cat`.start().stdin.end('a')).toBeFunction();
  });

  it('know results of scripts and of blocking calls', () => {
    const script = () => $.sh`true`;
    expectTypeOf(script).returns.resolves.toHaveProperty('stderr').toEqualTypeOf<string>();
    expectTypeOf(() => $.sync`true`)
      .returns.toHaveProperty('stdout')
      .toEqualTypeOf<string>();
    const bytes = () => $({ encoding: 'buffer' }).sync.sh`true`;
    expectTypeOf(bytes).returns.toHaveProperty('stdout').toEqualTypeOf<Buffer>();
  });

  it('take values, and no others', () => {
    const isFast = Boolean(process.env.FAST);
    const take = () => [
      $`a ${'b'} ${1} ${2n} ${new URL('file:///')} ${['a', 1]} ${isFast && '--fast'} ${undefined} ${null}`,
      $`cat < ${Readable.from(['a'])} > ${(chunk) => chunk.length}`,
      $`cat < ${Buffer.from('a')} 2> ${process.stderr}`,
    ];
    expectTypeOf(take).toBeFunction();
    // @ts-expect-error it has to be awaited
    const promise = () => $`echo ${Promise.resolve('a')}`;
    // @ts-expect-error an object is no word
    const object = () => $`echo ${{ a: 1 }}`;
    // @ts-expect-error true is no word
    const yes = () => $`echo ${true}`;
    expectTypeOf([promise, object, yes]).toBeArray();
  });
});
