/** The floors of the house: each may use those before it in the list, through their door, and never those after it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src/', import.meta.url));

/** Each floor, and the floors whose doors it may use. */
const floors: Readonly<Record<string, readonly string[]>> = {
  system: [],
  pipe: ['system'],
  process: ['system', 'pipe'],
  stream: ['system', 'pipe'],
  channel: ['system', 'pipe', 'process', 'stream'],
  doctor: ['system', 'pipe'],
  run: ['system', 'pipe', 'process', 'stream', 'doctor'],
  cli: ['system', 'process', 'stream', 'doctor', 'run'],
};

/** The rooms of the doctor: from what is seen to what is shown. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  snapshot: [],
  graph: ['snapshot'],
  verdict: ['snapshot', 'graph'],
  wording: ['snapshot', 'verdict'],
  picture: ['snapshot', 'graph', 'verdict', 'wording'],
  drawing: ['verdict', 'wording'],
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Imports and re-exports between files of the library, as paths below src/. */
const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(source, from), 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\b[^'"]*?\bfrom\s+['"](\.[^'"]+)['"]|\bimport\(\s*['"](\.[^'"]+)['"]|^import\s+['"](\.[^'"]+)['"]/gm,
  );
  return [...found].map(([, first, second, third]) => {
    const target = resolve(source, dirname(from), (first ?? second ?? third) as string);
    return { from, to: relative(source, target).replace(/\.js$/, '.ts') };
  });
});

const floorOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined);

describe('the source', () => {
  it('has these floors and no other', () => {
    expect([...new Set(files.map(floorOf))].filter((floor) => floor !== undefined).sort()).toEqual(
      Object.keys(floors).sort(),
    );
    // So that a change of style does not make the other tests vacuous.
    expect(imports.length).toBeGreaterThan(60);
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
      ({ from, to }) => floorOf(from) !== floorOf(to) && !to.endsWith('/index.ts'),
    );
    expect(wrong).toEqual([]);
  });

  it('does not leave a floor and come back through its own door', () => {
    const wrong = imports.filter(
      ({ from, to }) => floorOf(from) !== undefined && to === `${floorOf(from)}/index.ts`,
    );
    expect(wrong).toEqual([]);
  });

  it('goes through the rooms of the doctor in their order, by their doors', () => {
    const roomOf = (path: string) => /^doctor\/(\w+)\//.exec(path)?.[1];
    const between = imports.filter(
      ({ from, to }) => roomOf(from) && roomOf(to) && roomOf(from) !== roomOf(to),
    );
    expect(between.length).toBeGreaterThan(30);
    const wrong = between.filter(
      ({ from, to }) =>
        !rooms[roomOf(from) as string]?.includes(roomOf(to) as string) || !to.endsWith('/index.ts'),
    );
    expect(wrong).toEqual([]);
  });

  it('loads Graphviz for an SVG alone', () => {
    const places = files.filter((name) => readFileSync(join(source, name), 'utf8').includes('@viz-js/viz'));
    expect(places.filter((name) => !name.startsWith('doctor/picture/'))).toEqual([]);
    const text = readFileSync(join(source, 'doctor/picture/svg.ts'), 'utf8');
    expect(text).toContain("await import('@viz-js/viz')");
    expect(text).not.toMatch(/^import .*@viz-js/m);
  });

  it.each(['run/execution.ts', 'process/owned-process.ts', 'process/deadline.ts', 'stream/tail.ts'])(
    '%s waits by what its host gives it alone, or runSync would wait for ever',
    (name) => {
      const text = readFileSync(join(source, name), 'utf8');
      const ofNode = /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|async|await)\b/;
      expect(
        text.split('\n').filter((line) => ofNode.test(line.replace(/^\s*(?:\/?\*|\/\/).*/, ''))),
      ).toEqual([]);
    },
  );

  it('calls the C library on the lowest floor alone', () => {
    const elsewhere = files.filter(
      (name) => !name.startsWith('system/') && /['"]koffi['"]/.test(readFileSync(join(source, name), 'utf8')),
    );
    expect(elsewhere).toEqual([]);
  });

  it.each(files)('%s has at most 300 lines', (name) => {
    expect(readFileSync(join(source, name), 'utf8').split('\n').length).toBeLessThanOrEqual(301);
  });
});
