/** The built package as programs find it: by import and by require, and its types. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkForLeaks, scratchDirectory } from './helpers/leaks.js';

checkForLeaks();

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { version } = createRequire(import.meta.url)('typescript/package.json');
const compiler = join(root, 'node_modules/typescript/bin/tsc');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runNode(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: scratchDirectory() }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

function runScript(name: string, text: string): Promise<Ended> {
  writeFileSync(join(scratchDirectory(), name), text);
  return runNode([name]);
}

beforeEach(() => {
  const modules = join(scratchDirectory(), 'node_modules');
  mkdirSync(join(modules, '@types'), { recursive: true });
  symlinkSync(join(root, 'packages/spillway'), join(modules, 'spillway'));
  symlinkSync(join(root, 'node_modules/@types/node'), join(modules, '@types/node'));
});

describe('The package', () => {
  it.each(['spillway', 'spillway/channel', 'spillway/pipe', 'spillway/doctor', 'spillway/sync'])(
    'gives the same of %s to import and to require',
    async (name) => {
      const script = `
        const required = require('${name}');
        import('${name}').then((imported) => {
          const names = Object.keys(imported);
          const same = names.filter((name) => imported[name] === required[name]);
          const missing = Object.keys(required).length - names.length;
          console.log(names.length > 5, same.length === names.length, missing);
        });
      `;
      expect(await runScript('same.cjs', script)).toEqual({ code: 0, stdout: 'true true 0\n', stderr: '' });
    },
  );

  it('works by require, with errors that are of the imported class', async () => {
    const script = `
      const { run, runSync } = require('spillway');
      const { pipe } = require('spillway/channel');
      (async () => {
        const { RunError } = await import('spillway');
        const error = await run('sh', ['-c', 'exit 3']).catch((error) => error);
        const { reader, writer } = pipe();
        await writer.send('sent');
        console.log(error instanceof RunError, runSync('echo', ['sync']).stdout, await reader.receive());
      })();
    `;
    expect(await runScript('errors.cjs', script)).toEqual({
      code: 0,
      stdout: 'true sync sent\n',
      stderr: '',
    });
  });

  it('does not use what a program puts in place of the functions of node:fs afterwards', async () => {
    const script = `
      const { run } = require('spillway');
      run('true').then(async () => {
        const fs = require('node:fs');
        for (const name of Object.keys(fs))
          if (name.endsWith('Sync'))
            fs[name] = () => {
              throw new Error(name);
            };
        console.log((await run('cat', { input: 'whole' })).stdout);
      });
    `;
    expect(await runScript('replaced.cjs', script)).toEqual({ code: 0, stdout: 'whole\n', stderr: '' });
  });

  it.each(['on-signal.mjs', 'on-signal.cjs'])('loads spillway/doctor/on-signal in %s', async (name) => {
    const load = name.endsWith('.cjs')
      ? "require('spillway/doctor/on-signal')"
      : "import 'spillway/doctor/on-signal'";
    const { stdout } = await runScript(name, `${load};\nconsole.log(process.listenerCount('SIGUSR2'));`);
    expect(stdout).toBe('1\n');
  });

  it.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])(`has types for ${version}, module %s, moduleResolution %s`, async (module, resolution) => {
    const text = `
      import { type Result, RunError, run } from 'spillway';
      import { pipe } from 'spillway/channel';
      import { createPipe } from 'spillway/pipe';
      import { diagnose } from 'spillway/doctor';
      import 'spillway/doctor/on-signal';
      import { type Report, sync } from 'spillway/sync';
      export const report = async (): Promise<Report> => await sync('a/', 'b/').result;
      export const output = async (): Promise<string> => (await run('x', { timeout: '1s' })).stdout;
      export const bytes = async (): Promise<Buffer> => (await run('x', { encoding: 'buffer' })).stdout;
      export const told = (error: unknown): Result | undefined =>
        error instanceof RunError ? error.result : undefined;
      export const all = [pipe, createPipe, diagnose];
      // @ts-expect-error a typing error is found
      run(1);
    `;
    for (const name of ['use.mts', 'use.cts', 'use.ts']) writeFileSync(join(scratchDirectory(), name), text);
    const switches = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
    switches.push('--target', 'es2022', '--lib', 'es2022,esnext.disposable');
    switches.push('--module', module, '--moduleResolution', resolution);
    expect(await runNode([compiler, ...switches, 'use.mts', 'use.cts', 'use.ts'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});
