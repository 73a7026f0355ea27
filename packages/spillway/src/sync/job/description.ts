/** The sentence about a sync that came to its end. */
import { counted, formatBytes, formatCount, formatDuration, safeLine } from '../../base/index.js';
import type { Settings } from '../options/index.js';
import type { Journal } from './journal.js';
import type { Ending } from './outcome.js';

/** `result`: undefined when files are missing. */
export function describeEnd(journal: Journal, settings: Settings, result: Ending | undefined): string {
  const { files, bytes, elapsedTime } = journal.totals.now(true);
  if (settings.dryRun) return describeDryRun(journal);
  const attempts = journal.attempts.filter(({ phase }) => phase === 'transfer').length;
  const { split, verify, move } = journal.found;
  const many = attempts > (split?.count ?? 1) ? `, ${counted(attempts, 'attempt')}` : '';
  const time = formatDuration(elapsedTime * 1000);
  const done =
    files === 0 && result
      ? `nothing had to be transferred, ${time}${many}`
      : `${counted(files, 'file')}, ${formatBytes(bytes)} in ${time}${many}`;
  const { deleted } = journal.changes;
  const more = [
    deleted > 0 ? `${counted(deleted, 'file')} deleted` : '',
    verify && result ? `${counted(verify.files, 'file')} verified` : '',
    move
      ? `${counted(move.removedFiles, 'file')} and ${counted(move.removedFolders, 'folder')} removed here`
      : '',
  ].filter((text) => text !== '');
  const vanished = journal.vanished.size;
  const gone =
    vanished > 0 ? ` ${counted(vanished, 'file')} vanished meanwhile${named(journal.vanished.list)}.` : '';
  if (result) return `Done: ${[done, ...more].join('; ')}.${gone}`;
  const failed = journal.failed.size;
  const why = failed > 0 ? ` ${counted(failed, 'file')} failed:${reasons(journal)}` : '';
  return `Not everything was transferred (${done}).${gone}${why}`;
}

const SHOWN = 10;

function reasons({ failed }: Journal): string {
  const lines = failed.list
    .slice(0, SHOWN)
    .map(({ path, reason }) => `\n  ${safeLine(path)}: ${safeLine(reason)}`);
  const rest = failed.size - lines.length;
  return lines.join('') + (rest > 0 ? `\n  and ${formatCount(rest)} more` : '');
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => safeLine(name));
  return ` (${shown.join(', ')}${names.length > 3 ? ', …' : ''})`;
}

function describeDryRun({ changes }: Journal): string {
  const { created, updated, deleted, attributes, bytes } = changes;
  if (created + updated + deleted + attributes === 0) return 'Nothing would change.';
  const parts = [
    created > 0 ? `create ${formatCount(created)}` : '',
    updated > 0 ? `update ${formatCount(updated)}` : '',
    attributes > 0 ? `change the attributes of ${formatCount(attributes)}` : '',
    deleted > 0 ? `delete ${formatCount(deleted)}` : '',
  ].filter((text) => text !== '');
  return `Would ${parts.join(', ')} (files, folders and links), and transfer up to ${formatBytes(bytes)}.`;
}
