/** What an attempt came to, in a sentence that says what to do, and whether another one can help. */
import { formatDuration } from '../../base/index.js';
import type { AttemptEnd } from '../attempt/index.js';
import type { Address, RemoteAddress, Settings } from '../options/index.js';
import { meaningOf, type Policy } from '../rsync/index.js';
import type { Failure } from './report.js';

export interface Judgement {
  readonly policy: Policy;
  readonly message: string;
  /** No space at the destination: how much is missing can be found out. */
  readonly isFull?: true;
}

/** `failures`: of this attempt. */
export function judge(end: AttemptEnd, failures: readonly Failure[], settings: Settings): Judgement {
  const after = `after ${formatDuration(end.durationMs)}`;
  switch (end.reason) {
    case 'stall': {
      const silent = formatDuration(settings.stallMs);
      return {
        policy: 'retry',
        message: `was ended ${after}: no byte and no file for ${silent} (stall)${why(end)}`,
      };
    }
    case 'timeout':
      return {
        policy: 'retry',
        message: `was ended ${after} (timeout: ${formatDuration(settings.timeoutMs)})${why(end)}`,
      };
    case 'cancelled':
      return { policy: 'ended', message: `was ended on request ${after}` };
    case 'broken':
      return {
        policy: 'fatal',
        message: `was ended ${after}: ${end.lastWords.at(-1) ?? 'its output was not read'}`,
      };
    case 'signal':
      return { policy: 'retry', message: `was killed by ${end.signal} ${after}` };
    default:
      return ofExit(end, failures, settings, after);
  }
}

function ofExit(end: AttemptEnd, failures: readonly Failure[], settings: Settings, after: string): Judgement {
  const exitCode = end.exitCode ?? 0;
  const meaning = meaningOf(exitCode);
  if (meaning.policy === 'done' || meaning.policy === 'warning')
    return { policy: meaning.policy, message: meaning.text };
  const known = byWords(end, settings) ?? byFailures(exitCode, failures);
  if (known) return known;
  const words = end.lastWords.slice(-3).join('; ');
  const said = [words, end.verdict].filter((text) => text !== undefined && text !== '').join('; ');
  return {
    policy: meaning.policy,
    message: `${meaning.text} ${after} (exit code ${exitCode})${said === '' ? '' : `: ${said}`}`,
  };
}

/** What the remote shell, the far end or the daemon said. */
function byWords(end: AttemptEnd, settings: Settings): Judgement | undefined {
  const far = [...settings.sources, settings.destination].find(({ kind }) => kind !== 'local');
  if (!far) return undefined;
  const words = [...end.lastWords, end.verdict ?? ''].join('\n');
  const found = WORDS.find(([pattern]) => pattern.test(words));
  return found && { policy: 'fatal', message: found[1](hostOf(far), far) };
}

const WORDS: readonly (readonly [RegExp, (host: string, far: Address) => string])[] = [
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    (host) =>
      `was refused by ssh: the host key of ${host} is unknown or has changed. Compare its fingerprint with ` +
      `the one on ${host}; then log in once with ssh, after "ssh-keygen -R ${host}" if it has changed`,
  ],
  [
    /Permission denied \((?:publickey|password|keyboard|gssapi|hostbased)/,
    (host) => `was not let in by ${host}: check the user name, and that the key is in its authorized_keys`,
  ],
  [
    /remote command not found|(?:rsync|rsync-path)[^\n]*(?:not found|No such file)|code 127\)/,
    (host) =>
      `found no rsync on ${host}: install it there, or name it after "--" with --rsync-path=/path/to/rsync`,
  ],
  [
    /@ERROR: auth failed/,
    (host) =>
      `was not let in by the daemon of ${host}: check the user, and RSYNC_PASSWORD or --password-file`,
  ],
  [
    /@ERROR: Unknown module/,
    (host, far) =>
      `found no module ${far.path.split('/', 1)[0]} at the daemon of ${host}: "rsync ${host}::" lists them`,
  ],
  [
    /module is read only/,
    (_host, far) => `may not write: the module ${far.path.split('/', 1)[0]} is read only at the daemon`,
  ],
];

/** The first file that failed says why all of it did. */
function byFailures(exitCode: number, failures: readonly Failure[]): Judgement | undefined {
  const full = failures.find(({ code }) => code === 'ENOSPC' || code === 'EDQUOT');
  if (full) {
    const what = full.code === 'EDQUOT' ? "the user's quota is used up" : 'there is no space left';
    return { policy: 'fatal', message: `could not write ${full.path}: ${what}`, isFull: true };
  }
  if (exitCode !== 11 && exitCode !== 3) return undefined;
  const refused = failures.find(({ code }) => code === 'EACCES' || code === 'EPERM' || code === 'EROFS');
  if (refused) {
    const what = refused.code === 'EROFS' ? 'the file system is read only' : 'this user has no permission';
    return { policy: 'fatal', message: `could not write ${refused.path}: ${what}` };
  }
  const missing = failures.find(({ code }) => code === 'ENOENT' || code === 'ENOTDIR');
  if (!missing) return undefined;
  const message = `could not use ${missing.path}: ${missing.reason}; rsync makes the last folder only`;
  return { policy: 'fatal', message };
}

function hostOf(far: Address): string {
  const { login } = far as RemoteAddress;
  return login.slice(login.indexOf('@') + 1);
}

function why({ diagnosis }: AttemptEnd): string {
  return diagnosis === undefined ? '' : `.\nWhat it was waiting for:\n${diagnosis}`;
}
