/**
 * The shape of the house: its floors, its rooms, and the measures that keep each part small enough to read.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src/', import.meta.url));

/** Each floor, and the floors whose doors it may use. */
const floors: Readonly<Record<string, readonly string[]>> = {
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

/**
 * The rooms of a floor, in order: each may use those before it, through their doors, and the files beside the
 * rooms.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
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

const MOST_FILES = 20;
const MOST_LINES = 300;
const MOST_FIELDS = 12;

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const texts = new Map(files.map((name) => [name, readFileSync(join(source, name), 'utf8')]));

interface Import {
  readonly from: string;
  readonly to: string;
}

const FROM = /^(?:import|export)\b[^'"]*?\bfrom\s+['"](\.[^'"]+)['"]/;
const DYNAMIC = /\bimport\(\s*['"](\.[^'"]+)['"]/;
const FOR_EFFECT = /^import\s+['"](\.[^'"]+)['"]/;
const IMPORT = new RegExp([FROM, DYNAMIC, FOR_EFFECT].map(({ source }) => source).join('|'), 'gm');

/** Imports and re-exports between files of the library, types included, as paths below src/. */
const imports: Import[] = [...texts].flatMap(([from, text]) =>
  [...text.matchAll(IMPORT)].map(([, first, second, third]) => {
    const target = resolve(source, dirname(from), (first ?? second ?? third) as string);
    return { from, to: relative(source, target).replace(/\.js$/, '.ts') };
  }),
);

const floorOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined);
const roomOf = (path: string) => path.split('/').slice(0, -1)[1];
const isDoor = (path: string) => path.endsWith('/index.ts');

/** Files in a circle of imports, as it is first found; empty without one. */
function circle(): readonly string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const follow = (file: string, path: readonly string[]): readonly string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const target of next.get(file) ?? []) {
      const found = follow(target, [...path, file]);
      if (found.length > 0) return found;
    }
    done.add(file);
    return [];
  };
  for (const file of files) {
    const found = follow(file, []);
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * The classes of a file, each with its fields: properties of instances, private ones included, but no
 * accessors and methods.
 */
function classesOf(text: string): { name: string; fields: string[] }[] {
  const classes = text.matchAll(/^(?:export )?(?:abstract )?class (\w+)[^{]*\{\n([\s\S]*?)^\}/gm);
  const modifiers = '(?:(?:public|protected|private|readonly|declare|override) )*';
  const field = new RegExp(`^ {2}${modifiers}(#?\\w+)[!?]?(?:: [^;=]*?(?:;| =)| =|;)`, 'gm');
  return [...classes].map(([, name = '', body = '']) => {
    const fields = [...body.matchAll(field)].map(([, one = '']) => one);
    return { name, fields: fields.filter((one) => one !== 'static' && one !== 'return') };
  });
}

describe('the source', () => {
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
    // So that a change of style does not make the other tests vacuous.
    expect(imports.length).toBeGreaterThan(500);
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
    expect(between.length).toBeGreaterThan(150);
    const wrong = between.filter(({ from, to }) => {
      const order = rooms[floorOf(from) as string] as readonly string[];
      const [here, there] = [roomOf(from), roomOf(to) as string];
      const isBackwards = here !== undefined && order.indexOf(there) > order.indexOf(here);
      return isBackwards || !isDoor(to);
    });
    expect(wrong).toEqual([]);
  });

  it('has no circle of imports, types included', () => {
    expect(circle()).toEqual([]);
  });

  it('has at most 20 files in a folder, the tests too', () => {
    const test = fileURLToPath(new URL('.', import.meta.url));
    const tests = readdirSync(test, { recursive: true, encoding: 'utf8' }).map((name) => join('test', name));
    const counts = new Map<string, number>();
    for (const name of [...files, ...tests.filter((one) => /\.\w+$/.test(one))])
      counts.set(dirname(name), (counts.get(dirname(name)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
  });

  it('has at most 300 lines in a file', () => {
    const long = [...texts].map(([name, text]) => [name, text.split('\n').length - 1] as const);
    expect(long.filter(([, lines]) => lines > MOST_LINES)).toEqual([]);
  });

  it('has at most 12 fields in a class, and 10 in Execution', () => {
    const counted = [...texts].flatMap(([file, text]) =>
      classesOf(text).map(({ name, fields }) => ({ file, name, fields })),
    );
    expect(counted.find(({ name }) => name === 'Reaper')?.fields.length).toBeGreaterThan(5);
    const most = (name: string) => (name === 'Execution' ? 10 : MOST_FIELDS);
    expect(counted.filter(({ name, fields }) => fields.length > most(name))).toEqual([]);
  });

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
