/** Composes a picture from snapshots and their diagnosis. */
import { clipped, safe, safeName, withCode } from '../../base/index.js';
import { Liveness, World } from '../graph/index.js';
import type { ProcessRecord, Snapshot } from '../snapshot/index.js';
import { type Diagnosis, isCycle, judge, type ProcessRef, processRef } from '../verdict/index.js';
import { commandLine, headlines } from '../wording/index.js';
import { flowArrows, type Ids, waitArrows } from './arrows.js';
import { type Cast, castOf } from './cast.js';
import { byKey, commonKey, type Holding, holdingsOf } from './holdings.js';
import { type Arrow, type Box, type Line, type Picture, type Role, strongest } from './picture.js';
import { Roles, type Told } from './roles.js';
import { statusOf } from './status.js';
import { fullKeys, kindOf, type Shared, sharedThings, thingBox } from './things.js';

const LONGEST_NAME = 40;

export function compose(snapshots: readonly Snapshot[], diagnosis: Diagnosis = judge(snapshots)): Picture {
  const last = snapshots.at(-1);
  if (!last) throw withCode(new RangeError('a picture needs at least one snapshot'), 'ERR_INVALID_ARG_VALUE');
  return new Composer(last, diagnosis).picture();
}

class Composer {
  readonly #diagnosis: Diagnosis;
  readonly #world: World;
  readonly #liveness: Liveness;
  readonly #roles: Roles;
  readonly #cast: Cast;
  readonly #holdings: readonly Holding[];
  readonly #shared: Shared;
  /** The pipes, sockets, terminals and locks shown, by key. */
  readonly #things = new Map<string, { id: string; role: Role; path?: string | undefined }>();

  constructor(last: Snapshot, diagnosis: Diagnosis) {
    this.#diagnosis = diagnosis;
    this.#world = new World(last);
    this.#liveness = new Liveness(this.#world);
    this.#roles = new Roles(diagnosis);
    this.#cast = castOf(this.#world, this.#roles);
    this.#holdings = this.#shown().flatMap((record) => holdingsOf(this.#world, record));
    this.#shared = sharedThings(byKey(this.#holdings));
    for (const told of this.#told()) this.#addThing(this.#keyOf(told), told.role, pathOf(told));
    for (const key of this.#shared.keys) this.#addThing(key, 'plain');
  }

  picture(): Picture {
    const waits = this.#told().flatMap((told) => waitArrows(told, this.#keyOf(told), this.#ids));
    return {
      title: headlines(this.#diagnosis),
      subtitle: this.#subtitle(),
      boxes: [...this.#shown().map((record) => this.#processBox(record)), ...this.#thingBoxes()],
      arrows: withoutRepeats([
        ...waits,
        ...flowArrows(this.#untold(), this.#ids),
        ...this.#childArrows(waits),
      ]),
      notes: [READING, ...this.#leftOut()],
    };
  }

  readonly #ids: Ids = {
    process: (pid) => (this.#cast.shown.has(pid) ? `process ${pid}` : undefined),
    thing: (key) => this.#things.get(key)?.id,
    role: (pid) => this.#roles.of(pid),
  };

  #shown(): ProcessRecord[] {
    return [...this.#world.processes].filter(({ pid }) => this.#cast.shown.has(pid));
  }

  #told(): readonly Told[] {
    return this.#roles.told.filter(({ story }) => this.#cast.shown.has(story.process.pid));
  }

  #keyOf({ story, finding }: Told): string | undefined {
    if (finding.kind === 'fifo-without-partner') return `fifo:${finding.path ?? story.process.pid}`;
    return story.on === undefined ? undefined : commonKey(this.#world, story.on);
  }

  #addThing(key: string | undefined, role: Role, path?: string): void {
    if (key === undefined) return;
    const known = this.#things.get(key);
    // A running number, not the inode: a foreign snapshot may have any text in its place.
    const id = known?.id ?? `${kindOf(key)} ${this.#things.size + 1}`;
    this.#things.set(key, { id, role: strongest(role, known?.role ?? 'plain'), path: known?.path ?? path });
  }

  #thingBoxes(): Box[] {
    const full = fullKeys(this.#liveness, this.#cast.shown);
    return [...this.#things].map(([key, { id, role, path }]) =>
      thingBox(this.#world, id, key, { role, isFull: full.has(key), path }),
    );
  }

  #processBox(record: ProcessRecord): Box {
    const { pid } = record;
    const process = processRef(record);
    const role = this.#roles.of(pid);
    const command = commandOf(process);
    const lines: Line[] = [
      { text: `${clipped(safeName(process.name), LONGEST_NAME)}[${pid}]`, look: 'name' },
      ...(command === '' ? [] : [{ text: command, look: 'command' } as const]),
      ...statusOf(record, this.#roles, this.#liveness).map((text) => ({ text, look: 'plain' }) as const),
      ...this.#partOf(pid, role).map((text) => ({ text, look: 'plain' }) as const),
    ];
    return { id: `process ${pid}`, kind: 'process', role, lines };
  }

  /** The meaning of the box's colour, in words. */
  #partOf(pid: number, role: Role): string[] {
    if (role === 'stuck') return ['stuck behind what hangs'];
    const isInCycle = this.#roles.toldOf(pid).some(({ finding }) => isCycle(finding.kind));
    return role === 'hang' && isInCycle ? ['in the deadlock'] : [];
  }

  /** Descriptors without a wait arrow. */
  #untold(): Holding[] {
    const seen = new Set<string>();
    for (const told of this.#told()) {
      const key = this.#keyOf(told);
      const { process, fd, awaited } = told.story;
      seen.add(`${process.pid} ${fd} ${key}`);
      for (const one of awaited) for (const its of one.fds) seen.add(`${one.process.pid} ${its} ${key}`);
    }
    return this.#holdings.filter(({ pid, fd, key }) => !seen.has(`${pid} ${fd} ${key}`));
  }

  #childArrows(waits: readonly Arrow[]): Arrow[] {
    const waited = new Set(waits.map(({ from, to }) => `${from} ${to}`));
    return this.#shown().flatMap((record) => {
      const from = this.#ids.process(record.parent);
      const to = `process ${record.pid}`;
      if (from === undefined || waited.has(`${from} ${to}`)) return [];
      const isForgotten = this.#roles.toldOf(record.pid).some(({ finding }) => finding.kind === 'zombie');
      const label = isForgotten ? 'child, not waited for' : 'child';
      return [{ from, to, kind: 'child' as const, role: isForgotten ? 'hang' : 'plain', label }];
    });
  }

  #subtitle(): string[] {
    const { findings } = this.#diagnosis;
    const [worst] = findings.filter(({ isHang }) => isHang);
    const basis = worst ? [`${worst.confidence}: ${safe(worst.basis[0] ?? '')}`] : [];
    return [...basis, `seen ${momentOf(this.#world.snapshot)}`];
  }

  #leftOut(): string[] {
    const { kernelThreads, others } = this.#cast;
    const { lonely, common, further } = this.#shared;
    const left = [
      counted(others, 'process', 'processes', 'without a part in this'),
      counted(kernelThreads, 'kernel thread', 'kernel threads'),
      counted(further, 'more pipe or socket', 'more pipes and sockets'),
      counted(lonely, 'pipe or socket', 'pipes and sockets', 'between none of these'),
      counted(common, 'thing', 'things', 'that most of them share, such as their terminal'),
    ].filter((one) => one !== undefined);
    return left.length === 0 ? [] : [`Left out: ${left.join('; ')}.`];
  }
}

const READING =
  'Thick arrow: waits for. Thin arrow: the way of the bytes. Dotted: from the parent to its child.';

/** The command line without the program's directory, which is often longer than the rest. */
function commandOf(process: ProcessRef): string {
  const [program = '', ...words] = process.command;
  // Some programs put a sentence in place of their path.
  const name = program.includes(' ') ? program : program.slice(program.lastIndexOf('/') + 1);
  return commandLine({ ...process, command: process.command.length === 0 ? [] : [name, ...words] }).slice(
    1,
    -1,
  );
}

/** `2026-11-21 11:19:31 UTC`; a foreign snapshot may have any text there. */
function momentOf({ takenAt }: Snapshot): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)[.\d]*Z$/.exec(takenAt);
  return parts ? `${parts[1]} ${parts[2]} UTC` : clipped(safe(takenAt), 30);
}

function pathOf({ story, finding }: Told): string | undefined {
  return story.path ?? finding.path;
}

function counted(count: number, one: string, several: string, what = ''): string | undefined {
  if (count <= 0) return undefined;
  return `${count} ${count === 1 ? one : several} ${what}`.trim();
}

/** Several threads, or two findings, may give the same arrow. */
function withoutRepeats(arrows: readonly Arrow[]): Arrow[] {
  const found = new Map(arrows.map((one) => [JSON.stringify(one), one]));
  return [...found.values()];
}
