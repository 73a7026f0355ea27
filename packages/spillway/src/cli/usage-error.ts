import { safeLine } from '../base/index.js';

/** A mistake in the command line, found before anything is started. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  /** One line, whatever the words that it quotes. */
  constructor(message: string, options?: ErrorOptions) {
    super(safeLine(message), options);
  }
}
