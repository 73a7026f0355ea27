/** What goes wrong between this program and its database: what happened, where, and what to do. */
import { safeOneLine } from '../base/index.js';

export type JobsErrorCode =
  /** There is no database at this address, or it does not answer. */
  | 'ERR_JOBS_NO_DATABASE'
  /** It refuses the user or the password. */
  | 'ERR_JOBS_PASSWORD'
  /** The user may not do what spillway-jobs has to do. */
  | 'ERR_JOBS_PRIVILEGE'
  /** Its tables were made by another version. */
  | 'ERR_JOBS_SCHEMA'
  /** Its disk is full. */
  | 'ERR_JOBS_DISK_FULL'
  /** It went away, or was stopped, during a call. The call may have been carried out. */
  | 'ERR_JOBS_CONNECTION'
  /** Any other error of the database. */
  | 'ERR_JOBS_DATABASE'
  /** The state directory cannot be used. */
  | 'ERR_JOBS_DIRECTORY'
  /** A worker's jobs would not be ended when its lease is over. */
  | 'ERR_JOBS_NO_GUARD'
  /** What the call needs alone is in use. */
  | 'ERR_JOBS_BUSY'
  | 'ERR_JOBS_UNKNOWN_JOB'
  /** Another open job has the same `unique`. */
  | 'ERR_JOBS_UNIQUE'
  /** The job had not ended in time. */
  | 'ERR_JOBS_NOT_FINISHED'
  /** This `Jobs` or store has been closed. */
  | 'ERR_JOBS_CLOSED';

export class JobsError extends Error {
  override readonly name = 'JobsError';

  constructor(
    readonly code: JobsErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
  'EINVAL',
]);
/** Of PostgreSQL (appendix A of its manual). */
const SHUTS_DOWN = new Set(['57P01', '57P02', '57P03', '57P05', '25P03']);

/** Whether the database was not reached, so that nothing of the call has been carried out. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof JobsError ? error.code === 'ERR_JOBS_NO_DATABASE' : UNREACHABLE.has(codeOf(error));
}

/** Whether the same transaction may succeed when it is tried again at once. */
export function isCollision(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error));
}

export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === '23505';
}

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** `where`: the database without its password. */
export function jobsErrorOf(error: unknown, where: string): JobsError {
  if (error instanceof JobsError) return error;
  const text = messageOf(error);
  const [code, message] = explained(codeOf(error), text, where);
  return new JobsError(code, message, { cause: error });
}

function explained(code: string, text: string, where: string): [JobsErrorCode, string] {
  // Without a code where the driver itself gives up.
  if (code === '28P01' || code === '28000' || (code === '' && /\bSASL\b|password/i.test(text)))
    return [
      'ERR_JOBS_PASSWORD',
      `the database at ${where} refuses the user or the password (${text}): check DATABASE_URL or ~/.pgpass`,
    ];
  if (code === '3D000')
    return ['ERR_JOBS_NO_DATABASE', `${text} at ${where}: create it, or correct DATABASE_URL`];
  if (UNREACHABLE.has(code) || /timeout exceeded when trying to connect|connection timeout/i.test(text))
    return ['ERR_JOBS_NO_DATABASE', where.startsWith('/') ? silent(where, text) : absent(where, text)];
  if (code === '53300')
    return [
      'ERR_JOBS_NO_DATABASE',
      `the database at ${where} takes no more connections (${text}): raise its max_connections`,
    ];
  if (code === '42501' || code === '25006')
    return [
      'ERR_JOBS_PRIVILEGE',
      `the database at ${where} does not let this user make or change jobs (${text}): ` +
        'grant CREATE on the database, or all on the schemas spillway_jobs and spillway_jobs_queue',
    ];
  if (code === '53100' || code === 'ENOSPC' || /no space left/i.test(text))
    return ['ERR_JOBS_DISK_FULL', `the disk of the database at ${where} is full (${text}): make room there`];
  if (SHUTS_DOWN.has(code) || code.startsWith('08') || isCut(code, text))
    return [
      'ERR_JOBS_CONNECTION',
      `the connection to the database at ${where} broke (${text}): the call may have been carried out; ` +
        'look before you try again',
    ];
  return ['ERR_JOBS_DATABASE', `the database at ${where} refuses a call: ${text}`];
}

function absent(where: string, text: string): string {
  return `no database answers at ${where} (${text}): start it, or correct DATABASE_URL`;
}

/** Of the embedded database, which this program does not hold. */
function silent(where: string, text: string): string {
  return (
    `the process that holds the jobs in ${where} does not answer (${text}): ` +
    `its number is in ${where}/lock; let it go on if it is stopped, or end it`
  );
}

const CUT =
  /connection terminated|connection ended|query read timeout|encountered a connection error|not queryable/i;

function isCut(code: string, text: string): boolean {
  return ['ECONNRESET', 'EPIPE'].includes(code) || CUT.test(text);
}

/** An AggregateError, as of a name with several addresses, has no message of its own. */
function messageOf(error: unknown): string {
  const { message, errors } = (error ?? {}) as { message?: unknown; errors?: unknown };
  if (typeof message === 'string' && message !== '') return safeOneLine(message);
  if (Array.isArray(errors) && errors.length > 0) return messageOf(errors[0]);
  return codeOf(error) || safeOneLine(String(error));
}
