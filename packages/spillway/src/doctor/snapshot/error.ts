/** A diagnosis or a picture failed. */
export class DoctorError extends Error {
  override readonly name = 'DoctorError';
  /**
   * `'NO_PROC'`: no /proc with processes. `'NO_PROCESS'`: no process with this pid. `'BAD_SNAPSHOT'`: not a
   * snapshot, cut off, or another version. `'NO_PICTURE'`: the layout failed.
   */
  readonly code: 'NO_PROC' | 'NO_PROCESS' | 'BAD_SNAPSHOT' | 'NO_PICTURE';

  constructor(code: DoctorError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
