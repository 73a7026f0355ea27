/** Something in the command line that cannot be carried out; nothing was started. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
