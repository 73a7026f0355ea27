/** What rsync, and the remote shell, write to stderr: which file failed, and why. */
import { nameOf } from './names.js';

export type Complaint =
  | {
      readonly kind: 'failed';
      readonly path: string;
      readonly reason: string;
      readonly code: string | undefined;
    }
  | { readonly kind: 'vanished'; readonly path: string }
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: string }
  /** The last sentence, with the exit code. */
  | { readonly kind: 'verdict'; readonly text: string }
  | { readonly kind: 'guard'; readonly word: string }
  | { readonly kind: 'other'; readonly text: string };

/** What the guard at the far end writes in front of its words (attempt/far-end.ts). */
export const GUARD_WORD = 'spillway-guard: ';

const FAILED = /^rsync: (?:\[\w+(?:=[\w.]+)?\] )?([^"]*)"(.*)"(?: \(in [^)]*\))?[^"]*: ([^:"]+) \((\d+)\)$/;
const UNVERIFIED = /^ERROR: (.*) failed verification -- update (?:discarded|put into partial-dir|retained)/;
const VANISHED = /^(?:\w+: )?(?:file|directory) has vanished: "(.*)"/;
const SKIPPED = /^(?:rsync: )?(skipping [a-z-]+(?: file)?|cannot delete non-empty directory:?) (.*)$/;
const VERDICT = /^rsync (?:error|warning): (.*)$/;

/** errno(3) of Linux, as rsync numbers it in its messages; the far end's numbers may be another system's. */
const CODES: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Permission denied': 'EACCES',
  'Operation not permitted': 'EPERM',
  'No such file or directory': 'ENOENT',
  'Read-only file system': 'EROFS',
  'Input/output error': 'EIO',
  'File name too long': 'ENAMETOOLONG',
  'Not a directory': 'ENOTDIR',
  'Is a directory': 'EISDIR',
  'Invalid argument': 'EINVAL',
  'Too many levels of symbolic links': 'ELOOP',
  'File too large': 'EFBIG',
  'Directory not empty': 'ENOTEMPTY',
};

export function parseComplaint(line: string): Complaint | undefined {
  if (line === '') return undefined;
  if (line.startsWith(GUARD_WORD)) return { kind: 'guard', word: line.slice(GUARD_WORD.length) };
  const vanished = VANISHED.exec(line);
  if (vanished) return { kind: 'vanished', path: nameOf(vanished[1] as string) };
  const failed = FAILED.exec(line);
  if (failed) {
    const [, doing = '', path = '', why = ''] = failed;
    const reason = `${doing.trim() === '' ? '' : `${doing.trim()}: `}${why}`;
    return { kind: 'failed', path: nameOf(path), reason, code: CODES[why] };
  }
  const unverified = UNVERIFIED.exec(line);
  if (unverified) {
    const reason = 'its checksum was wrong after the transfer, twice';
    return { kind: 'failed', path: nameOf(unverified[1] as string), reason, code: undefined };
  }
  const skipped = skippedIn(line);
  if (skipped) return { kind: 'skipped', ...skipped };
  const verdict = VERDICT.exec(line);
  if (verdict) return { kind: 'verdict', text: verdict[1] as string };
  return { kind: 'other', text: nameOf(line) };
}

/** What rsync leaves out, on stdout or stderr. */
export function skippedIn(line: string): { readonly path: string; readonly reason: string } | undefined {
  const match = SKIPPED.exec(line);
  if (!match) return undefined;
  const [, reason = '', name = ''] = match;
  return { path: nameOf(name.replace(/^"(.*)"$/, '$1')), reason };
}
