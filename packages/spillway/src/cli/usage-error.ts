/** A mistake in the command line, found before anything is started. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
