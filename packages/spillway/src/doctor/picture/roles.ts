/** The role of each process in the findings. */
import { type Diagnosis, type Finding, isCycle, type WaitStory } from '../verdict/index.js';
import { type Role, strongest } from './picture.js';

/** One wait of a finding. */
export interface Told {
  readonly finding: Finding;
  readonly story: WaitStory;
  readonly role: Role;
}

export class Roles {
  readonly told: readonly Told[];
  readonly #roles = new Map<number, Role>();

  constructor({ findings }: Diagnosis) {
    this.told = findings.flatMap(storiesOf);
    for (const finding of findings) this.#add(finding);
  }

  of(pid: number): Role {
    return this.#roles.get(pid) ?? 'plain';
  }

  /** The waits of one process. */
  toldOf(pid: number): readonly Told[] {
    return this.told.filter(({ story }) => story.process.pid === pid);
  }

  /** All processes with a role. */
  get pids(): Iterable<number> {
    return this.#roles.keys();
  }

  #add(finding: Finding): void {
    const { waits, stuck, others, ended, kind } = finding;
    const role = roleIn(finding);
    const story = waits.map(({ process }) => process);
    // In a deadlock the awaited processes are in the cycle themselves; elsewhere they have a role too.
    if (!isCycle(kind)) story.push(...waits.flatMap(({ awaited }) => awaited.map(({ process }) => process)));
    story.push(...others.map(({ process }) => process), ...(ended ? [ended] : []));
    for (const { pid } of story) this.#raise(pid, role);
    for (const { process } of stuck) this.#raise(process.pid, 'stuck');
  }

  #raise(pid: number, role: Role): void {
    this.#roles.set(pid, strongest(role, this.of(pid)));
  }
}

function storiesOf(finding: Finding): Told[] {
  const role = roleIn(finding);
  return [
    ...finding.waits.map((story) => ({ finding, story: asTold(finding, story), role })),
    ...finding.stuck.map((story) => ({ finding, story, role: 'stuck' as const })),
  ];
}

/** The process waits in open(2); it neither reads nor writes yet. */
function asTold({ kind }: Finding, story: WaitStory): WaitStory {
  return kind === 'fifo-without-partner' ? { ...story, action: 'open' } : story;
}

function roleIn({ isHang }: Finding): Role {
  return isHang ? 'hang' : 'remark';
}
