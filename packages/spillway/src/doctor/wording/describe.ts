/** A diagnosis as text. Names and command lines are escaped: they may contain terminal codes. */
import type { Diagnosis, Finding, Limit } from '../verdict/index.js';
import { list, processes, who } from './names.js';
import { section } from './sections.js';
import { row, table } from './wait-lines.js';

/** Findings that are not hangs: this many in full, the rest as a count. */
const MOST_REMARKS = 5;

export interface DescribeOptions {
  /** Gives text, such as a `drawing`, to show below the title of a finding; empty for none. */
  readonly illustrate?: ((finding: Finding) => string) | undefined;
}

/**
 * Several lines without a final newline: each hang with its cause and a fix, then other findings, then what
 * could not be read. Control characters, and brackets in names, are escaped.
 */
export function describe(diagnosis: Diagnosis, { illustrate }: DescribeOptions = {}): string {
  const paragraph = (finding: Finding) => describeFinding(finding, { illustrate });
  const { findings, limits, ended } = diagnosis;
  const hangs = findings.filter(({ isHang }) => isHang);
  const remarks = findings.filter(({ isHang }) => !isHang);
  const parts = [
    ...hangs.map(paragraph),
    ...(hangs.length === 0 ? [summary(diagnosis)] : []),
    ...remarks.slice(0, MOST_REMARKS).map(paragraph),
    ...(remarks.length > MOST_REMARKS
      ? [`… and ${remarks.length - MOST_REMARKS} more findings that are not hangs.`]
      : []),
    ...(ended.length > 0 ? [`Ended meanwhile: ${list(ended.map(String))}.`] : []),
    ...(limits.length > 0 ? [blindSpots(limits, diagnosis)] : []),
  ];
  return parts.join('\n\n');
}

/** `describeWaits` shows this many processes, the rest as a count. */
const MOST_ACTIVITIES = 8;

/**
 * For a timeout: each hang, or, if nothing hangs, the state of each process in the trees; then what could not
 * be read. Several lines, like `describe`.
 */
export function describeWaits(diagnosis: Diagnosis): string {
  const { findings, limits, activities } = diagnosis;
  const hangs = findings.filter(({ isHang }) => isHang);
  const rest = activities.length - MOST_ACTIVITIES;
  const parts = [
    ...hangs.map((finding) => describeFinding(finding)),
    ...(hangs.length === 0
      ? [
          [
            ...table(activities.slice(0, MOST_ACTIVITIES).map((story) => row(story))),
            ...(rest > 0 ? [`  … and ${rest} more`] : []),
          ].join('\n'),
        ]
      : []),
    ...(limits.length > 0 ? [blindSpots(limits, diagnosis)] : []),
  ];
  return parts.join('\n\n');
}

/** Titles above a picture; the rest as a count. */
const MOST_HEADLINES = 3;

/** The verdict only: the titles of the hangs, or a summary and the titles of the other findings. */
export function headlines(diagnosis: Diagnosis): string[] {
  const hangs = diagnosis.findings.filter(({ isHang }) => isHang);
  const told = hangs.length > 0 ? hangs : diagnosis.findings;
  const titles = told.slice(0, MOST_HEADLINES).map((finding) => section(finding).title);
  const rest = told.length - titles.length;
  return [
    ...(hangs.length === 0 ? [summary(diagnosis)] : []),
    ...titles,
    ...(rest > 0 ? [`… and ${rest} more.`] : []),
  ];
}

/** One finding, as in `describe`. */
export function describeFinding(finding: Finding, { illustrate }: DescribeOptions = {}): string {
  const drawn = illustrate?.(finding) ?? '';
  const { title, lines } = section(finding);
  const doubts =
    finding.isHang && finding.doubts.length > 0 ? ['', `Not certain: ${finding.doubts.join('; ')}.`] : [];
  const above = drawn === '' ? [] : ['', drawn];
  return [`${title}   [${finding.confidence}: ${finding.basis[0]}]`, ...above, '', ...lines, ...doubts].join(
    '\n',
  );
}

function summary({ state, processCount, scans, spanMs, roots, ended }: Diagnosis): string {
  const what = processes(processCount);
  const how = scans === 1 ? 'one scan' : `${scans} scans, ${spanMs} ms apart`;
  if (roots?.length === 0 && ended.length > 0) return 'The processes have ended.';
  if (state === 'unclear') return `Could not tell: not everything about ${what} can be read (${how}).`;
  return `Healthy: ${what} looked at, none of which hangs (${how}).`;
}

function blindSpots(limits: readonly Limit[], { observer, ptraceScope }: Diagnosis): string {
  const names = list(
    limits.map(({ process }) => who(process)),
    3,
  );
  const others = limits.filter(({ uid }) => uid !== observer.uid);
  const own = limits.filter(({ uid }) => uid === observer.uid);
  const advice: string[] = [];
  if (limits.some(({ reason }) => reason === 'architecture'))
    advice.push('the system calls of this architecture are unknown');
  if (others.length > 0) {
    const [uid, another] = new Set(others.map((one) => one.uid));
    const user = another === undefined && uid !== 0 ? `user ${uid}` : 'the user whose processes they are';
    advice.push(`look as root, or as ${user}`);
  }
  if (own.length > 0) {
    advice.push(
      ptraceScope !== undefined && ptraceScope > 0
        ? `/proc/sys/kernel/yama/ptrace_scope is ${ptraceScope}: ` +
            'look as root, from a parent of the process, or set it to 0'
        : 'look as root: programs with privileges of their own cannot be read',
    );
  }
  const does = limits.length === 1 ? 'does' : 'do';
  const unread = `Could not read what ${processes(limits.length)} ${does} (${names}).`;
  return `${unread} To see more: ${advice.join('; ')}.`;
}
