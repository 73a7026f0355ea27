/** Which rsync is installed. */
import { OptionError } from '../../base/index.js';
import { run, StartError } from '../../run/index.js';

/** `--info` and `--outbuf` came with it (2013). */
const OLDEST = [3, 1, 0] as const;

/** There is no rsync that could do it. `status`: 127 for none, 126 for one that is too old or cannot run. */
export class NoRsync extends Error {
  readonly status: 126 | 127;

  constructor(status: 126 | 127, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

const INSTALL: Readonly<Record<string, string>> = {
  darwin: 'brew install rsync',
  linux: 'apt-get install rsync on Debian and Ubuntu, dnf install rsync on Fedora',
};

/** The version of the rsync that would run, such as `'3.5.0'`. Throws NoRsync. */
export async function rsyncVersion(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const { stdout } = await run('rsync', ['--version'], { env, check: false, timeout: '20s' }).catch(explain);
  const version = /^rsync\s+version\s+v?(\d+)\.(\d+)\.(\d+)/.exec(stdout);
  if (!version) {
    const first = stdout.split('\n', 1)[0] ?? '';
    throw new NoRsync(
      126,
      `the program rsync is none that Spillway knows (${JSON.stringify(first)}). ${hint()}`,
    );
  }
  const numbers = version.slice(1, 4).map(Number);
  const oldest = OLDEST.findIndex((number, at) => numbers[at] !== number);
  const text = numbers.join('.');
  if (oldest >= 0 && (numbers[oldest] as number) < (OLDEST[oldest] as number))
    throw new NoRsync(
      126,
      `rsync ${text} is too old: it needs ${OLDEST.join('.')}, of 2013, or later. ${hint()}`,
    );
  return text;
}

function explain(error: unknown): never {
  if (error instanceof OptionError || !(error instanceof StartError)) throw error;
  const isMissing = error.code === 'ENOENT';
  const what = isMissing
    ? 'rsync is not installed here, or not in PATH.'
    : `rsync cannot be run: ${error.message}.`;
  throw new NoRsync(isMissing ? 127 : 126, `${what} ${hint()}`, { cause: error });
}

function hint(): string {
  return `To install it: ${INSTALL[process.platform] ?? 'see rsync.samba.org'}.`;
}
