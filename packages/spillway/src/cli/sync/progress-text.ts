/** Progress and events in words. */
import { formatBytes, formatCount, formatDuration, safe } from '../../base/index.js';
import type { Progress, SyncEvent } from '../../sync/index.js';

export function progressText(progress: Progress, retried: number): string {
  const { bytes, totalBytes, files, totalFiles, speed, eta, parts, elapsedTime } = progress;
  const share = totalBytes === null || totalBytes === 0 ? undefined : Math.floor((100 * bytes) / totalBytes);
  const words = [
    share === undefined ? undefined : `${String(Math.min(share, 100)).padStart(3)} %`,
    totalBytes === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
    `${formatBytes(speed)}/s`,
    eta === null ? `for ${clock(elapsedTime)}` : `left ${clock(eta)}`,
    `files ${formatCount(files)}${totalFiles === null ? '' : ` of ${formatCount(totalFiles)}`}`,
    parts > 1 ? `parts ${parts}` : undefined,
    retried > 0 ? `retries ${retried}` : undefined,
  ];
  return words.filter((word) => word !== undefined).join('  ');
}

/** `2:31`, `1:02:31`. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number: number) => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const PHASES = {
  list: 'making the list of files',
  transfer: undefined,
  closing: 'closing pass: folders, links, deletions',
  verify: 'verifying by checksum',
  remove: 'comparing by checksum, and removing what is the same',
} as const;

/** Undefined for what a person need not read. */
export function eventText(event: SyncEvent): string | undefined {
  switch (event.type) {
    case 'waiting':
      return event.message;
    case 'phase':
      return PHASES[event.phase];
    case 'warning':
      return `warning: ${event.message}`;
    case 'error':
      return `failed: ${safe(event.path)}: ${event.reason}`;
    case 'attempt':
      return event.willRetry
        ? `attempt ${event.attempt}${event.part > 1 ? ` of part ${event.part}` : ''} failed after ` +
            `${formatDuration(event.durationMs)}: ${event.message}\nIt is tried again, from where it ended.`
        : undefined;
    case 'file':
      return `${event.change} ${safe(event.path)}${event.kind === 'folder' ? '/' : ''}`;
    default:
      return undefined;
  }
}
