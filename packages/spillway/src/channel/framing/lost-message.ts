/** A message of one of several writers that will never be whole. */
import { ChannelError } from './errors.js';

/**
 * Why it is lost. `'writer died'`: the process that wrote it has ended. `'channel ended'`: no writer is left,
 * so its writer died or closed its end in the middle. `'memory'`: half-finished messages already hold as much
 * memory as they may. `'too large'`: it is above the limit. `'out of sequence'`: its frames do not follow one
 * another, as happens when two processes write with one id.
 */
export type LossReason = 'writer died' | 'channel ended' | 'memory' | 'too large' | 'out of sequence';

const STORY: Readonly<Record<LossReason, string>> = {
  'writer died': 'its writer died before all was written',
  'channel ended': 'its writer died, or closed its end before all was written',
  memory: 'half-finished messages hold all that they may; the option pendingLimit changes it',
  'too large': 'it is above the limit; the option limit changes it, on both sides',
  'out of sequence': 'its frames do not follow one another; does each writer have an id of its own?',
};

/**
 * A message of a shared pipe was begun and will never be whole: the part that came is dropped. The channel
 * goes on, and so do all other messages, even those of the same writer.
 */
export class MessageLostError extends ChannelError {
  override readonly name = 'MessageLostError';
  readonly code = 'ERR_CHANNEL_MESSAGE_LOST';

  /**
   * `pid`: the writer's pid in its own pid namespace; undefined when it is not known. `expectedBytes`:
   * undefined when the beginning of the message, which has its length, has not come. Both counts are of the
   * body alone.
   */
  constructor(
    readonly reason: LossReason,
    readonly pid: number | undefined,
    readonly receivedBytes: number,
    readonly expectedBytes: number | undefined,
  ) {
    const whose = pid === undefined ? '' : ` of process ${pid}`;
    const bytes =
      expectedBytes === undefined ? '' : ` after ${receivedBytes} of its ${expectedBytes} bytes had come`;
    super(`a message${whose} is lost${bytes}, and is passed over: ${STORY[reason]}`);
  }
}
