/** A program on a pseudo-terminal, as a person sees it: what it shows so far, and keys to press. */
import { type Child, type StartOptions, start } from '../../src/index.js';
import { until } from './leaks.js';

export class Session {
  readonly child: Child<{ stdin: 'pipe'; stdout: 'capture'; pty: true }>;
  #shown = '';

  constructor(file: string, args: readonly string[], options: StartOptions = {}) {
    const shows = (chunk: Buffer) => {
      this.#shown += chunk.toString();
    };
    this.child = start(file, args, {
      pty: true,
      ...options,
      stdin: 'pipe',
      stdout: ['capture', shows],
    }) as unknown as Session['child'];
  }

  /** An interactive bash with the prompt `ready>`. */
  static async bash(options: StartOptions = {}): Promise<Session> {
    const env = { PS1: 'ready> ', HISTFILE: '/dev/null', TERM: 'dumb' };
    const session = new Session('bash', ['--norc', '--noprofile', '-i'], { env, ...options });
    await session.shows(/ready> $/);
    return session;
  }

  get shown(): string {
    return this.#shown;
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  /** Waits until it has shown this. */
  async shows(what: RegExp): Promise<RegExpExecArray> {
    await until(
      () => what.test(this.#shown),
      () => `${what} was not shown: ${JSON.stringify(this.#shown)}`,
    );
    return what.exec(this.#shown) as RegExpExecArray;
  }
}
