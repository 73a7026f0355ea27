/** The totals of `--info=stats2`, which rsync prints at the end of a transfer that was not broken off. */

export interface Stats {
  /** Entries in the list: files, folders, links. */
  entries: number;
  /** Regular files in the list. */
  files: number;
  created: number;
  deleted: number;
  /** Regular files whose data was transferred. */
  transferred: number;
  /** Size of all files in the list. */
  totalBytes: number;
  /** Size of the files that were transferred. */
  transferredBytes: number;
  /** Data that had to be sent. */
  literalBytes: number;
  /** Data that was found in a partial or older file at the destination. */
  matchedBytes: number;
  /** Bytes on the line, the protocol's included. */
  sentBytes: number;
  receivedBytes: number;
}

const FIELDS: Readonly<Record<string, keyof Stats>> = {
  'Number of files': 'entries',
  'Number of created files': 'created',
  'Number of deleted files': 'deleted',
  'Number of regular files transferred': 'transferred',
  'Total file size': 'totalBytes',
  'Total transferred file size': 'transferredBytes',
  'Literal data': 'literalBytes',
  'Matched data': 'matchedBytes',
  'Total bytes sent': 'sentBytes',
  'Total bytes received': 'receivedBytes',
};

const LINE = /^([A-Z][a-z ]+): ([\d,]+)(?: bytes| \((.*)\))?$/;

/** Adds what the line says, and gives true, if it is one of them. */
export function readStatsLine(line: string, stats: Partial<Stats>): boolean {
  const match = LINE.exec(line);
  const field = match ? FIELDS[match[1] as string] : undefined;
  if (!match || !field) return false;
  stats[field] = Number((match[2] as string).replaceAll(',', ''));
  if (field === 'entries') {
    const regular = /\breg: ([\d,]+)/.exec(match[3] ?? '')?.[1] ?? '0';
    stats.files = Number(regular.replaceAll(',', ''));
  }
  return true;
}
