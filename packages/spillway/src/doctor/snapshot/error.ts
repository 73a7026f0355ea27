import { safeLines } from '../../base/index.js';

/** A diagnosis or a picture failed. */
export class DoctorError extends Error {
  override readonly name = 'DoctorError';
  /**
   * `'ERR_DOCTOR_NO_PROC'`: no /proc with processes. `'ERR_DOCTOR_NO_PROCESS'`: no process with this pid.
   * `'ERR_DOCTOR_BAD_SNAPSHOT'`: not a snapshot, cut off, or another version. `'ERR_DOCTOR_NO_PICTURE'`: the
   * layout failed.
   */
  readonly code:
    | 'ERR_DOCTOR_NO_PROC'
    | 'ERR_DOCTOR_NO_PROCESS'
    | 'ERR_DOCTOR_BAD_SNAPSHOT'
    | 'ERR_DOCTOR_NO_PICTURE';

  constructor(code: DoctorError['code'], message: string, options?: ErrorOptions) {
    super(safeLines(message), options);
    this.code = code;
  }
}
