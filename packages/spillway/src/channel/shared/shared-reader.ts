/** The reader of a pipe with several writers. */
import { clearInterval, setImmediate, setInterval } from '../../base/index.js';
import { type Passage, passOn } from '../../pipe/index.js';
import { bytesAvailable } from '../../system/index.js';
import { ChannelReader, type PipeLink } from '../ends/index.js';
import type { MessageCodec } from '../framing/index.js';
import { type SharedLimits, SharedParser } from './shared-parser.js';

/** Milliseconds between looks for dead writers of half-finished messages. */
const LOOK_MS = 200;

/** The mark of a shared channel in the variable SPILLWAY_CHANNELS: a prefix of the codec's word. */
export const SHARED_PREFIX = 'shared/';

/**
 * The end of a shared pipe that messages come out of; it is used as a ChannelReader is. The messages of each
 * writer come in its order, those of different writers in the order in which they were written.
 *
 * When a writer dies in the middle of a message, one `receive` rejects with MessageLostError in its place;
 * the next gives the next message. The reader detects the death within some 0.4 s if this process reads and
 * both are in one pid namespace; otherwise when the pipe ends. ChannelEndedError comes when the last writer,
 * in this process or any other, is closed.
 */
export class SharedReader<In = unknown> extends ChannelReader<In> {
  readonly #parser: SharedParser;
  readonly #word: string;
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;

  /** Takes over `fd`. Made by `sharedPipe` and `inherited`. */
  constructor(fd: number, codec: MessageCodec, limits: SharedLimits, link?: PipeLink) {
    let parser: SharedParser | undefined;
    super(fd, codec, limits.limit, link, (receiver) => {
      parser = new SharedParser(limits, receiver, {
        begun: () => this.#watch(),
        pressed: () => {
          this.#soon ??= setImmediate(() => this.#look());
        },
      });
      return parser;
    });
    this.#parser = parser as unknown as SharedParser;
    this.#word = codec.word;
  }

  override [passOn](): Passage {
    return { ...super[passOn](), codec: SHARED_PREFIX + this.#word };
  }

  #watch(): void {
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #look(): void {
    this.#soon = undefined;
    const fd = this.descriptor;
    if (fd !== undefined && this.#parser.hasHalves) {
      this.#parser.look(bytesAvailable(fd));
      this.deliver();
    }
    if (fd !== undefined && this.#parser.hasHalves) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
