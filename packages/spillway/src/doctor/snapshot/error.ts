/** Why there is no diagnosis, or no picture of it. */
export class DoctorError extends Error {
  override readonly name = 'DoctorError';
  /**
   * `'NO_PROC'`: no /proc that shows processes. `'NO_PROCESS'`: a pid that does not exist. `'BAD_SNAPSHOT'`: no snapshot of this version, or
   * one that is cut off. `'NO_PICTURE'`: the picture could not be laid out.
   */
  readonly code: 'NO_PROC' | 'NO_PROCESS' | 'BAD_SNAPSHOT' | 'NO_PICTURE';

  constructor(code: DoctorError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
