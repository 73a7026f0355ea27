/**
 * The shape of the house: its floors, its rooms, and the measures that keep each part small enough to read.
 */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floorOf, House, isDoor, roomOf } from './helpers/house.js';

const floors: House['floors'] = {
  base: [],
  system: ['base'],
  pipe: ['base', 'system'],
  process: ['base', 'system', 'pipe'],
  stream: ['base', 'system', 'pipe'],
  channel: ['base', 'system', 'pipe', 'process', 'stream'],
  doctor: ['base', 'system', 'pipe'],
  run: ['base', 'system', 'pipe', 'process', 'stream', 'doctor'],
  sync: ['base', 'system', 'doctor', 'run', 'script'],
  script: ['base', 'process', 'stream', 'run'],
  template: ['base', 'run', 'script'],
  lab: ['base', 'system', 'pipe', 'process', 'stream', 'doctor', 'run'],
  cli: ['base', 'system', 'process', 'stream', 'doctor', 'run', 'sync', 'lab'],
};

const rooms: House['rooms'] = {
  base: ['text', 'shell'],
  system: ['libc', 'descriptor', 'proc', 'process', 'terminal', 'windows'],
  process: ['queue', 'wait', 'start', 'guard', 'end', 'job'],
  stream: ['reading', 'sink', 'reader', 'stdin'],
  channel: ['framing', 'ends', 'calls', 'shared'],
  doctor: ['snapshot', 'graph', 'verdict', 'wording', 'picture', 'drawing'],
  run: ['options', 'diagnosis', 'pipeline', 'sync'],
  sync: ['rsync', 'options', 'attempt', 'lock', 'parts', 'job'],
  lab: [
    'picture',
    'bench',
    'reading',
    'capacity',
    'atomicity',
    'read-size',
    'deadlocks',
    'life',
    'cost',
    'claims',
    'report',
  ],
  cli: ['run', 'doctor', 'timeout', 'sync', 'every', 'jobs', 'lab'],
};

const spillway = new House('spillway', floors, rooms);
const { texts, source } = spillway;

/** Each floor of the jobs may use those before it. */
const JOBS = ['base', 'attempt', 'job', 'store', 'queue', 'worker', 'cli'];
const jobs = new House(
  'spillway-jobs',
  Object.fromEntries(JOBS.map((floor, index) => [floor, JOBS.slice(0, index)])),
  { store: ['database', 'jobs', 'workers', 'embedded'], cli: ['job', 'worker'] },
);

const MOST_FILES = 20;
const MOST_LINES = 300;
const MOST_FIELDS = 12;

/** With the fewest imports, and between rooms, so that a change of style does not make the rules vacuous. */
const houses: [name: string, house: House, imports: number, between: number][] = [
  ['spillway', spillway, 500, 150],
  ['spillway-jobs', jobs, 200, 20],
];

describe.each(houses)('the source of %s', (_, house, least, leastBetween) => {
  const { files, texts, imports, floors, rooms } = house;

  it('has these floors and rooms, and no others', () => {
    const floorsFound = new Set(files.map(floorOf).filter((floor) => floor !== undefined));
    expect([...floorsFound].sort()).toEqual(Object.keys(floors).sort());
    const roomsFound = new Set(
      files.filter((name) => roomOf(name) !== undefined).map((name) => `${floorOf(name)}/${roomOf(name)}`),
    );
    const declared = Object.entries(rooms).flatMap(([floor, names]) =>
      names.map((name) => `${floor}/${name}`),
    );
    expect([...roomsFound].sort()).toEqual(declared.sort());
    expect(imports.length).toBeGreaterThan(least);
    for (const { to } of imports) expect(files).toContain(to);
  });

  it('imports along the floors only', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [here, there] = [floorOf(from), floorOf(to)];
      if (here === there || here === undefined) return false;
      return there === undefined || !floors[here]?.includes(there);
    });
    expect(wrong).toEqual([]);
  });

  it('enters a floor through its door', () => {
    const wrong = imports.filter(
      ({ from, to }) => floorOf(from) !== floorOf(to) && !/^\w+\/index\.ts$/.test(to),
    );
    expect(wrong).toEqual([]);
  });

  it('does not leave a floor or a room and come back through its own door', () => {
    const wrong = imports.filter(
      ({ from, to }) => isDoor(to) && floorOf(from) !== undefined && from.startsWith(`${dirname(to)}/`),
    );
    expect(wrong).toEqual([]);
  });

  it('goes through the rooms of a floor in their order, by their doors', () => {
    const between = imports.filter(
      ({ from, to }) =>
        floorOf(from) === floorOf(to) && roomOf(to) !== undefined && roomOf(from) !== roomOf(to),
    );
    expect(between.length).toBeGreaterThanOrEqual(leastBetween);
    const wrong = between.filter(({ from, to }) => {
      const order = rooms[floorOf(from) as string] as readonly string[];
      const [here, there] = [roomOf(from), roomOf(to) as string];
      const isBackwards = here !== undefined && order.indexOf(there) > order.indexOf(here);
      return isBackwards || !isDoor(to);
    });
    expect(wrong).toEqual([]);
  });

  it('has no circle of imports, types included', () => {
    expect(house.circle).toEqual([]);
  });

  it('has at most 20 files in a folder, the tests too', () => {
    expect([...house.counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
  });

  it('has at most 300 lines in a file', () => {
    const long = [...texts].map(([name, text]) => [name, text.split('\n').length - 1] as const);
    expect(long.filter(([, lines]) => lines > MOST_LINES)).toEqual([]);
  });

  it('has at most 12 fields in a class, and 10 in Execution', () => {
    const most = (name: string) => (name === 'Execution' ? 10 : MOST_FIELDS);
    expect(house.classes.some(({ fields }) => fields.length > 3)).toBe(true);
    expect(house.classes.filter(({ name, fields }) => fields.length > most(name))).toEqual([]);
  });
});

describe('the source of spillway', () => {
  it('loads Graphviz for an SVG alone', () => {
    const places = [...texts].filter(([, text]) => text.includes('@viz-js/viz')).map(([name]) => name);
    expect(places.filter((name) => !name.startsWith('doctor/picture/'))).toEqual([]);
    const text = texts.get('doctor/picture/svg.ts');
    expect(text).toContain("installed('@viz-js/viz')");
    expect(text).not.toMatch(/\b(?:import|from)\b.*@viz-js/);
  });

  it.each(['run/execution.ts', 'process/end/owned-process.ts', 'base/deadline.ts', 'stream/sink/tail.ts'])(
    '%s waits by what its host gives it alone, or runSync would wait for ever',
    (name) => {
      const ofNode = /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|async|await)\b/;
      const lines = texts.get(name)?.split('\n') ?? [''];
      expect(lines.filter((line) => ofNode.test(line.replace(/^\s*(?:\/?\*|\/\/).*/, '')))).toEqual([]);
    },
  );

  it('loads no module of Node that a plain run does not use', () => {
    const names = ['crypto', 'child_process', 'net', 'worker_threads', 'timers/promises', 'fs/promises'].map(
      (name) => `NativeModule ${name}`,
    );
    const code = `import('spillway').then(() => console.log(JSON.stringify(process.moduleLoadList)))`;
    const { status, stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', cwd: source });
    expect(status).toBe(0);
    const loaded = JSON.parse(stdout) as string[];
    expect(loaded).toContain('NativeModule stream');
    expect(loaded.filter((name) => names.includes(name))).toEqual([]);
  });

  it('takes timers and clocks from base/host-time.ts, as they were when it was loaded', () => {
    const taken = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'];
    taken.push('clearImmediate', 'queueMicrotask');
    const never = /\bperformance\.|\bnew Date\(\)|\bDate\.now\b|\bnextTick\b|['"](?:node:)?timers\b/;
    const wrong = [...texts].flatMap(([file, text]) => {
      if (['base/host-time.ts', 'base/builtin.ts'].includes(file)) return [];
      const [ofBase] = [
        ...text.matchAll(/^import \{([^}]*)\} from '(?:[./]*\/base\/index|\.\/host-time)\.js';/gm),
      ]
        .map(([, names = '']) => names.split(',').map((name) => name.trim()))
        .concat([[]]);
      const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|'[^'\n]*'/gm, '');
      const used = taken.filter((name) => new RegExp(`\\b${name}\\b`).test(code));
      const isDoor = file === 'base/index.ts';
      const missing = isDoor ? [] : used.filter((name) => !ofBase?.includes(name));
      return never.test(text) || missing.length > 0 ? [{ file, missing }] : [];
    });
    expect(wrong).toEqual([]);
  });

  it('takes calls on descriptors from system/descriptor/io.ts, which knows what a runtime refuses', () => {
    const calls = ['openSync', 'closeSync', 'fstatSync', 'readSync', 'writeSync', 'close', 'read', 'write'];
    // The second is below it; the third is for where no call of the C library can be made.
    const exempt = ['system/descriptor/io.ts', 'system/libc/ffi.ts', 'system/descriptor/positioned.ts'];
    const wrong = [...texts].flatMap(([file, text]) => {
      const [, names = ''] = /^import \{([^}]*)\} from 'node:fs';/m.exec(text) ?? [];
      const taken = names.split(',').filter((name) => calls.includes(name.trim()));
      return taken.length > 0 && !exempt.includes(file) ? [{ file, taken }] : [];
    });
    expect(wrong).toEqual([]);
    expect([...texts].filter(([, text]) => /\* as \w+ from 'node:fs'/.test(text))).toEqual([]);
  });

  it('calls the C library on the lowest floor alone', () => {
    const elsewhere = [...texts].filter(
      ([name, text]) => !name.startsWith('system/') && /@koromix\//.test(text),
    );
    expect(elsewhere.map(([name]) => name)).toEqual([]);
  });
});
