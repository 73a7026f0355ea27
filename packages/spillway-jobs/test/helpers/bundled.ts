/**
 * Programs of the test's own that use the store: its source, bundled, as no part of this package is built.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** As deep as the modules that look for package.json beside them. */
const directory = join(root, 'build', `test-${process.pid}`, 'x');

/** Gives the path of a module with what `src/store/open.ts` exports. */
export async function bundleStore(): Promise<string> {
  mkdirSync(directory, { recursive: true });
  // Found from there: packages.
  const bundle = await rolldown({
    input: join(root, 'src/store/open.ts'),
    external: [/^[^./]/],
    logLevel: 'silent',
  });
  const file = join(directory, 'store.mjs');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return file;
}

export function removeBundles(): void {
  rmSync(join(directory, '..'), { recursive: true, force: true });
}

export class Program {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterableIterator<string>;

  /** `code`: the body of a module that has `openStore`. */
  constructor(store: string, code: string) {
    const file = join(directory, `${Math.random().toString(36).slice(2)}.mjs`);
    writeFileSync(file, `import { openStore } from ${JSON.stringify(store)};\n${code}`);
    this.process = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.process.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the program has ended');
    return value;
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
  }
}
