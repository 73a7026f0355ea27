/** Looks and judges. */
import { type ObserveOptions, observe } from './observe.js';
import { type Diagnosis, judge } from './verdict/index.js';

/**
 * Why processes hang: one tree for each of `pids`, or everything that this user may see. It reads what the kernel tells in /proc, twice some
 * 200 ms apart where something looks wrong, and changes nothing.
 *
 * Rejects with DoctorError: `NO_PROC` where there is no /proc, `NO_PROCESS` for a pid that does not exist.
 *
 * @example
 * import { describe, diagnose } from 'spillway/doctor';
 * console.log(describe(await diagnose({ pids: [pid] })));
 */
export async function diagnose(options: ObserveOptions = {}): Promise<Diagnosis> {
  return judge(await observe(options));
}
