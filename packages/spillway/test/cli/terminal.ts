/**
 * A person at a terminal: an interactive bash in tmux, with keys to press and a screen to look at.
 *
 * Each has a tmux server of its own. tmux has no way to wait for what is on the screen, so the screen is
 * looked at again and again.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { MAIN } from './spillway.js';

export const missing = ['tmux', 'vim', 'python3', 'less', 'script'].filter(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
);

/** For the title of a suite. */
export const reason = missing.length === 0 ? '' : ` (skipped: ${missing.join(', ')} missing)`;

/** What a shell gives a job that ended: a prompt at the end of the screen. */
export const PROMPT = /ready>$/;
export const STOPPED = /Stopped.*\n+ready>$/;

/** Files in the shell's directory. */
export const put = (name: string, text: string) => writeFileSync(join(scratchDirectory(), name), text);
/** Empty where there is none. */
export const inFile = (name: string) => {
  const path = join(scratchDirectory(), name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

/** A scene: vim behind this command has the screen and the keyboard, and its exit status comes through. */
export async function editsInVim(command: string): Promise<void> {
  await using terminal = await Terminal.open();
  put('text', 'first\n');
  terminal.enter(`${command} vim text`);
  await terminal.sees(/first\n~/);
  terminal.type('osecond');
  terminal.press('Escape');
  terminal.enter(':wq');
  await until(() => inFile('text') === 'first\nsecond\n');
  terminal.enter('echo status=$?');
  await terminal.sees(/status=0/);
}

const library = new URL('../../dist/index.js', import.meta.url).href;
const VERBS = 'pipeline, run, runSync, start, startPipeline';

/** A command that runs this program, which has the verbs of the built library. */
export function program(text: string): string {
  let path = join(scratchDirectory(), 'program.mjs');
  for (let count = 2; existsSync(path); count++) path = join(scratchDirectory(), `program-${count}.mjs`);
  writeFileSync(path, `import { ${VERBS} } from ${JSON.stringify(library)};\n${text}\n`);
  return `${process.execPath} ${path}`;
}

export class Terminal implements AsyncDisposable {
  readonly #socket = join(scratchDirectory(), 'tmux');
  readonly #server: number;
  readonly #shell: number;

  /** `sw` is `spillway` in it, and the prompt is `ready>`. */
  private constructor() {
    const rc = join(scratchDirectory(), 'bashrc');
    writeFileSync(
      rc,
      `PS1='ready> '
HISTFILE=
export TERM=screen VIMINIT='set nocp noswapfile viminfo='
cd ${scratchDirectory()}
alias sw='${process.execPath} ${MAIN}'
`,
    );
    this.#tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      '120',
      '-y',
      '30',
      `exec bash --rcfile ${rc} -i`,
    );
    const [server, shell] = this.#tmux('display-message', '-p', '#{pid} #{pane_pid}').split(' ').map(Number);
    this.#server = server as number;
    this.#shell = shell as number;
  }

  static async open(): Promise<Terminal> {
    const terminal = new Terminal();
    await terminal.sees(/^ready>$/);
    return terminal;
  }

  /** The shell's pid. */
  get shell(): number {
    return this.#shell;
  }

  /** Types a line, and Enter. */
  enter(line: string): void {
    this.type(line);
    this.press('Enter');
  }

  type(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  /** Keys by tmux's names: `C-c`, `Escape`. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** Presses it again and again: a key that comes before the job has the terminal is another program's. */
  async pressUntil(key: string, what: RegExp): Promise<void> {
    const isThere = () => {
      if (what.test(this.screen())) return true;
      this.press(key);
      return false;
    };
    await until(isThere, () => `${what} is not on the screen:\n${this.screen()}`, 30_000, 500);
  }

  /** The text on the screen, long lines in one piece, without the empty rest. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-J').trimEnd().replace(/ +$/gm, '');
  }

  /** Waits until the screen shows it. */
  async sees(what: RegExp): Promise<void> {
    await until(
      () => what.test(this.screen()),
      () => `${what} is not on the screen:\n${this.screen()}`,
      30_000,
      25,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Not by its socket, which is gone by now when the test took too long.
    process.kill(this.#server, 'SIGTERM');
    await until(() => !isAlive(this.#server) && !isAlive(this.#shell));
  }

  #tmux(...args: string[]): string {
    const { TMUX: _, ...env } = process.env;
    return execFileSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8', env });
  }
}
