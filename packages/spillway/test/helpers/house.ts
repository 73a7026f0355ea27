/** The source of a package as its files, their imports and their classes, for rules about its shape. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Import {
  readonly from: string;
  readonly to: string;
}

const FROM = /^(?:import|export)\b[^'"]*?\bfrom\s+['"](\.[^'"]+)['"]/;
const DYNAMIC = /\bimport\(\s*['"](\.[^'"]+)['"]/;
const FOR_EFFECT = /^import\s+['"](\.[^'"]+)['"]/;
const IMPORT = new RegExp([FROM, DYNAMIC, FOR_EFFECT].map(({ source }) => source).join('|'), 'gm');

export const floorOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : undefined);
export const roomOf = (path: string) => path.split('/').slice(0, -1)[1];
export const isDoor = (path: string) => path.endsWith('/index.ts');

/** A package of this workspace. All paths are below its folder src. */
export class House {
  readonly source: string;
  readonly files: readonly string[];
  readonly texts: ReadonlyMap<string, string>;
  /** Imports and re-exports between its files, types included. */
  readonly imports: readonly Import[];
  /** Each floor, and the floors whose doors it may use. */
  readonly floors: Readonly<Record<string, readonly string[]>>;
  /**
   * The rooms of a floor, in order: each may use those before it, through their doors, and the files beside
   * the rooms.
   */
  readonly rooms: Readonly<Record<string, readonly string[]>>;

  constructor(name: string, floors: House['floors'], rooms: House['rooms']) {
    this.source = fileURLToPath(new URL(`../../../${name}/src/`, import.meta.url));
    this.floors = floors;
    this.rooms = rooms;
    this.files = namesIn(this.source).filter((file) => file.endsWith('.ts'));
    this.texts = new Map(this.files.map((file) => [file, readFileSync(join(this.source, file), 'utf8')]));
    this.imports = [...this.texts].flatMap(([from, text]) =>
      [...text.matchAll(IMPORT)].map(([, first, second, third]) => {
        const target = resolve(this.source, dirname(from), (first ?? second ?? third) as string);
        return { from, to: relative(this.source, target).replace(/\.js$/, '.ts') };
      }),
    );
  }

  /** Folders of its source and its tests, each with the number of its files. */
  get counts(): ReadonlyMap<string, number> {
    const tests = namesIn(join(this.source, '../test')).map((name) => join('test', name));
    const counts = new Map<string, number>();
    for (const name of [...this.files, ...tests.filter((one) => /\.\w+$/.test(one))])
      counts.set(dirname(name), (counts.get(dirname(name)) ?? 0) + 1);
    return counts;
  }

  /** Files in a circle of imports, as it is first found; empty without one. */
  get circle(): readonly string[] {
    const next = new Map<string, string[]>();
    for (const { from, to } of this.imports) next.set(from, [...(next.get(from) ?? []), to]);
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
    for (const file of this.files) {
      const found = follow(file, []);
      if (found.length > 0) return found;
    }
    return [];
  }

  /**
   * Its classes, each with its fields: properties of instances, private ones included, but no accessors and
   * methods.
   */
  get classes(): { readonly file: string; readonly name: string; readonly fields: readonly string[] }[] {
    return [...this.texts].flatMap(([file, text]) => classesOf(text).map((one) => ({ file, ...one })));
  }
}

function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

function classesOf(text: string): { name: string; fields: string[] }[] {
  const classes = text.matchAll(/^(?:export )?(?:abstract )?class (\w+)[^{]*\{\n([\s\S]*?)^\}/gm);
  const modifiers = '(?:(?:public|protected|private|readonly|declare|override) )*';
  const field = new RegExp(`^ {2}${modifiers}(#?\\w+)[!?]?(?:: [^;=]*?(?:;| =)| =|;)`, 'gm');
  return [...classes].map(([, name = '', body = '']) => {
    const fields = [...body.matchAll(field)].map(([, one = '']) => one);
    return { name, fields: fields.filter((one) => one !== 'static' && one !== 'return') };
  });
}
