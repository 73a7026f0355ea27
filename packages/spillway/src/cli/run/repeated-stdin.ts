/**
 * stdin for a command that may be tried several times: each attempt gets the same. A file is rewound; what a
 * pipe or a socket brings is kept, like output: in memory, then in a temporary file without a name.
 */
import { mayStartByPosix } from '../../process/index.js';
import type { StartOptions } from '../../run/index.js';
import { Capture } from '../../stream/index.js';
import { fstatSync, isNonBlocking, makeBlocking, seekBy, seekTo } from '../../system/index.js';

type Stdin = Pick<StartOptions, 'stdin' | 'input'>;

const INHERIT: Stdin = { stdin: 'inherit' };

export interface RepeatedStdin {
  /** For the next attempt. */
  again(): Stdin;
  /** Leaves descriptor 0 to other processes as it was. */
  close(): void;
}

const INHERITED: RepeatedStdin = { again: () => INHERIT, close: () => {} };

export function stdinForAttempts(attempts: number): RepeatedStdin {
  if (attempts === 1) return INHERITED;
  const stats = fstatSync(0);
  if (stats.isFile() && mayStartByPosix()) {
    // Not 0: a shell's loop may have read the beginning.
    const start = seekBy(0, 0);
    const again = () => {
      seekTo(0, start);
      return INHERIT;
    };
    return { ...INHERITED, again };
  }
  // On a terminal a person answers anew; /dev/null and other devices have nothing to repeat.
  if (!stats.isFIFO() && !stats.isSocket() && !stats.isFile()) return INHERITED;
  // Node makes a pipe that it reads non-blocking, for all that share it.
  const isToBlock = mayStartByPosix() && !isNonBlocking(0);
  const kept = new KeptStdin();
  return {
    again: () => ({ input: kept.fromStart() }),
    close: () => {
      if (isToBlock) makeBlocking(0);
    },
  };
}

const MEMORY = 8 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;

class KeptStdin {
  readonly #kept = new Capture(MEMORY, undefined);
  readonly #source: AsyncIterator<Buffer> = process.stdin[Symbol.asyncIterator]();
  /** One read for all: an attempt that has ended may have left it, and the next one waits for it. */
  #reading: Promise<void> | undefined;
  #isOver = false;

  async *fromStart(): AsyncGenerator<Buffer> {
    for (let position = 0; ; ) {
      while (position < this.#kept.size) {
        const bytes = await this.#kept.readAt(position, Buffer.allocUnsafe(BLOCK_BYTES));
        position += bytes.length;
        yield bytes;
      }
      if (this.#isOver) return;
      this.#reading ??= this.#readOn();
      await this.#reading;
    }
  }

  async #readOn(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) this.#isOver = true;
    else await this.#keep(value);
    this.#reading = undefined;
  }

  async #keep(bytes: Buffer): Promise<void> {
    try {
      await this.#kept.write(bytes);
    } catch (error) {
      const { cause } = error as { cause?: Error };
      const reason = cause?.message ?? (error as Error).message;
      throw new Error(`stdin cannot be kept for another attempt: ${reason}`, { cause: error });
    }
  }
}
