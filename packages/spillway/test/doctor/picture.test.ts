/** The picture: rendered by Graphviz, read by an XML parser that is not ours. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  judge,
  observe,
  type ProcessRecord,
  parseSnapshots,
  type Snapshot,
  toDot,
  toSvg,
} from '../../src/doctor/index.js';
import { svgOf } from '../../src/doctor/picture/svg.js';
import { endHanging, foundIn, python } from '../helpers/hanging.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();
endHanging();

const RED = '#c00000';
const AMBER = '#b36b00';

function recording(name: string): Snapshot[] {
  return parseSnapshots(readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), 'utf8'));
}

/** The recording, with other processes. */
function changed(name: string, change: (one: ProcessRecord, index: number) => object): Snapshot[] {
  return recording(name).map((one) => ({
    ...one,
    processes: one.processes.map((process, index) => ({ ...process, ...change(process, index) })),
  }));
}

interface Group {
  readonly kind: string;
  readonly title: string;
  readonly texts: readonly string[];
  readonly strokes: readonly string[];
  readonly widths: readonly string[];
}

interface Document {
  readonly groups: readonly Group[];
  readonly texts: readonly string[];
  readonly references: readonly string[];
}

const READER = `
import json, sys
import xml.etree.ElementTree as tree
SVG = '{http://www.w3.org/2000/svg}'
every = lambda one, name: [at.get(name) for at in one.iter() if at.get(name)]
texts = lambda one: [''.join(text.itertext()) for text in one.iter(SVG + 'text')]
def read(svg):
    root = tree.fromstring(svg.encode('utf-8', 'surrogatepass'))
    assert root.tag == SVG + 'svg', root.tag
    groups = [
        dict(kind=one.get('class'), title=one.find(SVG + 'title').text, texts=texts(one),
             strokes=every(one, 'stroke'), widths=every(one, 'stroke-width'))
        for one in root.iter(SVG + 'g') if one.get('class') in ('node', 'edge')
    ]
    references = [value for one in root.iter() for name, value in one.attrib.items()
                  if 'href' in name or 'src' in name or 'url(' in value]
    return dict(groups=groups, texts=texts(root), references=references)
def attempt(svg):
    try: return read(svg)
    except Exception as error: return dict(error=repr(error))
json.dump([attempt(svg) for svg in json.load(sys.stdin)], sys.stdout)
`;

/** What an XML parser sees of each; it fails for what is not well formed. */
function readEach(svgs: readonly string[]): (() => Document)[] {
  const input = JSON.stringify(svgs);
  const found = JSON.parse(execFileSync('python3', ['-c', READER], { input, encoding: 'utf8' }));
  return (found as (Document & { error?: string })[]).map((document) => () => {
    if (document.error !== undefined) throw new Error(`not well formed: ${document.error}`);
    return document;
  });
}

function read(svg: string): Document {
  return (readEach([svg])[0] as () => Document)();
}

async function drawn(snapshots: readonly Snapshot[]): Promise<Document> {
  return read(await toSvg(snapshots));
}

function node({ groups }: Document, title: string): Group {
  return groups.find((one) => one.kind === 'node' && one.title === title) as Group;
}

function edges({ groups }: Document): string[] {
  return groups
    .filter(({ kind }) => kind === 'edge')
    .map(({ title, texts }) => `${title}: ${texts.join(' ')}`)
    .sort();
}

describe('The picture of', () => {
  it('a deadlock shows the circle in red, the fill of the pipe, and the idle reader', async () => {
    const picture = await drawn(recording('unread-output'));
    expect(edges(picture)).toEqual([
      'pipe 1->process 14649: fd 3: does not read',
      'process 14649->process 14690: waits for its exit',
      'process 14690->pipe 1: stdout: cannot write, full',
    ]);
    for (const { strokes, widths } of picture.groups) {
      expect(strokes).toContain(RED);
      expect(widths).toContain('2.5');
    }
    expect(node(picture, 'pipe 1').texts).toEqual(['pipe', '65,536 of 65,536 bytes, full']);
    expect(node(picture, 'process 14649').texts).toEqual([
      'python3[14649]',
      'python3 hang.py unread_output file',
      'waits for its child 14690 to exit',
      'in the deadlock',
    ]);
    expect(picture.texts[0]).toMatch(/Thick arrow/);
    expect(picture.texts).toContain(
      'Found one deadlock: 2 processes wait for each other and cannot continue.',
    );
    expect(picture.texts.some((text) => text.startsWith('certain: 2 scans'))).toBe(true);
  });

  it('locks shows the files, and in amber the process that is stuck behind', async () => {
    const picture = await drawn(recording('locks'));
    const stuck = node(picture, 'process 14918');
    expect(stuck.strokes).toContain(AMBER);
    expect(stuck.texts).toContain('stuck behind what hangs');
    expect(edges(picture)).toContain('process 14918->process 14959: waits for its exit');
    expect(picture.texts.filter((text) => text.startsWith('/tmp/file.')).sort()).toEqual([
      '/tmp/file.a',
      '/tmp/file.b',
    ]);
    expect(edges(picture).filter((one) => one.endsWith('held by'))).toHaveLength(2);
  });

  it('an end-of-file that is held back shows its holder', async () => {
    const picture = await drawn(recording('held-open'));
    expect(edges(picture)).toEqual([
      'pipe 1->process 14831: stdout: still open',
      'process 14786->pipe 1: fd 3: waits for input',
      'process 14786->process 14830: child',
    ]);
    expect(node(picture, 'process 14830').texts).toContain('has ended');
    expect(node(picture, 'pipe 1').texts).toContain('0 of 65,536 bytes, empty');
  });

  it('back-pressure has no red', async () => {
    const svg = await toSvg(recording('slow-reader'));
    expect(svg).not.toContain(RED);
    const picture = read(svg);
    expect(picture.texts.some((text) => text.startsWith('Back-pressure, no hang'))).toBe(true);
    expect(node(picture, 'pipe 1').texts[1]).toMatch(/^6\d,\d{3} of 65,536 bytes, full/);
  });

  it('a healthy tree shows the connections between processes, and says what it leaves out', async () => {
    const picture = await drawn(recording('idle-workers'));
    expect(edges(picture).filter((one) => one.includes('sockets'))).toHaveLength(6);
    expect(edges(picture).filter((one) => one.endsWith(': child'))).toHaveLength(3);
    expect(picture.texts).toContain('Left out: 16 pipes and sockets between none of these.');
    for (const { strokes } of picture.groups) expect(strokes).not.toContain(RED);
  });

  it('the whole machine shows what hangs and what is connected with it, and counts the rest', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const snapshots = await observe();
    // Others may hang on this machine, too.
    const own = judge(snapshots);
    const findings = own.findings.filter(({ waits }) => waits.some(({ process }) => process.pid === pid));
    const picture = read(await toSvg(snapshots, { ...own, findings }));
    expect(node(picture, `process ${pid}`).strokes).toContain(RED);
    expect(picture.groups.filter(({ kind }) => kind === 'node').length).toBeLessThan(12);
    expect(picture.texts.join(' ')).toMatch(/Left out: \d+ processes without a part in this/);
    expect(picture.groups.some(({ title }) => title === `process ${process.pid}`)).toBe(false);
  });
});

describe('The picture of a live program', () => {
  const it = sideBySide(10);

  it('that waits for its own write end is a circle of one', async () => {
    const { pid } = python('own_write_end');
    await foundIn(pid, 'self-deadlock');
    const picture = await drawn(await observe({ pids: [pid] }));
    expect(edges(picture)).toEqual([
      `pipe 1->process ${pid}: fd 4: does not write`,
      `process ${pid}->pipe 1: fd 3: waits for input`,
    ]);
  });

  // What Graphviz and the XML parser make of a picture is seen above; these differ in what is in it.
  it.each([
    ['daemon_holds_output', 'held-open', /still open/],
    ['leaked_end', 'leaked-write-end', /still open/],
    ['polled_exit_of_atoms', 'never-drains', /does not read/],
    ['zombie', 'zombie', /child, not waited for/],
    ['background_reader', 'stopped-on-terminal', /is stopped at it/],
    ['fifo', 'fifo-without-partner', /waits for a partner/],
    ['lock', 'lock-wait', /held by/],
    ['both_read', 'deadlock', /does not write/],
    ['terminal_input', 'terminal-input', /stdin: waits for input/],
  ] as const)('shows %s: %s', async (name, kind, label) => {
    const { pid } = python(name);
    await foundIn(pid, kind);
    const dot = toDot(await observe({ pids: [pid] }));
    expect(dot.split('\n').some((line) => line.includes('->') && label.test(line))).toBe(true);
    expect(dot).toMatch(new RegExp(`^ *"process ${pid}" \\[`, 'm'));
  });
});

describe('A name in a picture', () => {
  const NAMES = [
    'a"b',
    '<script>alert(1)</script>',
    '&amp; &#60; &',
    'two\nlines',
    '\\N \\G \\L \\',
    '\x1b[2J\x9b31m\x07',
    '\u202etxt.exe',
    '\ud800',
    '漢字漢字漢字',
    'אבג[1]',
    '>];evil->x;}',
    '</TD></TR></TABLE>>',
    ']]>--><!--',
    '\ufffe\uffff\0',
    '',
  ];

  let plain: Document;
  let pictures: (() => Document)[];

  // One start of the parser for all of them.
  beforeAll(async () => {
    const hostile = NAMES.map((name) =>
      toSvg(
        changed('locks', ({ isInTree }) =>
          isInTree ? { name, command: ['/bin/x', name, `${name}${name}`] } : {},
        ).map((one) => ({
          ...one,
          takenAt: name,
          locks: one.locks.map((lock) => ({ ...lock, path: `/tmp/${name}` })),
        })),
      ),
    );
    plain = await drawn(recording('locks'));
    pictures = readEach(await Promise.all(hostile));
  });

  it.each(NAMES.map((name, index) => [name, index] as const))('stays text: %j', (_name, index) => {
    const picture = (pictures[index] as () => Document)();
    // Nothing more and nothing less than with names that mean no harm.
    expect(picture.groups.map(({ kind, title }) => `${kind} ${title}`)).toEqual(
      plain.groups.map(({ kind, title }) => `${kind} ${title}`),
    );
    expect(edges(picture)).toEqual(edges(plain));
    for (const text of picture.texts) expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u);
    expect(picture.references).toEqual([]);
  });

  it('is shown letter by letter, backslashes included', async () => {
    const hostile = changed('locks', () => ({ name: 'x\\N<&>"\'\u202e[1]', command: [] }));
    const texts = (await drawn(hostile)).texts;
    expect(texts).toContain('x\\\\N<&>"\'\\u202e\\x5b1\\x5d[14918]');
  });

  it('makes its box wider, so that boxes never overlap', async () => {
    const short = (await toSvg(changed('locks', () => ({ name: 'x' })))).match(/width="(\d+)/)?.[1];
    const wide = (await toSvg(changed('locks', () => ({ name: '漢'.repeat(40) })))).match(
      /width="(\d+)/,
    )?.[1];
    expect(Number(wide)).toBeGreaterThan(Number(short));
  });
});

describe('The SVG text', () => {
  it('refers to nothing outside, and is white below', async () => {
    const svg = await toSvg(recording('unread-output'));
    expect(svg.startsWith('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<svg ')).toBe(true);
    expect(svg).not.toMatch(/DOCTYPE|<image|<script|<style|@import/);
    expect(svg.replaceAll(/xmlns(?::xlink)?="[^"]*"/g, '')).not.toMatch(/https?:/);
    expect(svg).toMatch(/<polygon fill="white"/);
    expect(svg).toContain(
      '<title>Found one deadlock: 2 processes wait for each other and cannot continue.</title>',
    );
    expect(read(svg).references).toEqual([]);
  });

  it('is the same for the same snapshots', async () => {
    const snapshots = recording('locks');
    expect(toDot(snapshots)).toBe(
      toDot(parseSnapshots(readFileSync(new URL('../recordings/locks.json', import.meta.url), 'utf8'))),
    );
    expect(await toSvg(snapshots)).toBe(await toSvg(snapshots));
  });

  it('needs a snapshot', async () => {
    expect(() => toDot([])).toThrow(RangeError);
    await expect(toSvg([])).rejects.toThrow(RangeError);
  });

  it('throws DoctorError when Graphviz cannot read its source', async () => {
    for (const dot of ['digraph {', '', 'digraph { a [label=<<B>x>] }'])
      await expect(svgOf(dot, 'x')).rejects.toMatchObject({
        name: 'DoctorError',
        code: 'ERR_DOCTOR_NO_PICTURE',
      });
  });

  it('of a tangle is bounded in its edges', async () => {
    const [first, last] = recording('unread-output') as [Snapshot, Snapshot];
    const [model] = last.processes.filter(({ isInTree }) => isInTree) as [ProcessRecord];
    // Each writes to the next eight, over a pipe of their own.
    const pipe = (from: number, step: number) => `pipe:[${9000 + ((from + 50) % 50) * 10 + step}]`;
    const steps = [1, 2, 3, 4, 5, 6, 7, 8];
    const crowd = Array.from({ length: 50 }, (_, at) => ({
      ...model,
      pid: 50_000 + at,
      threads: [],
      descriptors: steps.flatMap((step) => [
        { fd: 10 + step, target: pipe(at, step), access: 'write' as const },
        { fd: 30 + step, target: pipe(at - step, step), access: 'read' as const },
      ]),
      parent: 1,
    }));
    const snapshots = [first, { ...last, processes: [...last.processes, ...crowd] }];
    const picture = read(await toSvg(snapshots, judge([first, last])));
    expect(edges(picture).length).toBeLessThan(150);
    expect(picture.texts.join(' ')).toMatch(/Left out: .*3\d\d more pipes and sockets/);
  });

  it('of a crowd has 60 processes at most, those that hang first', () => {
    const [first, last] = recording('unread-output') as [Snapshot, Snapshot];
    const [model] = last.processes.filter(({ isInTree }) => isInTree) as [ProcessRecord];
    const crowd = Array.from({ length: 500 }, (_, at) => ({
      ...model,
      pid: 50_000 + at,
      threads: [],
      descriptors: [],
      parent: model.pid,
    }));
    const dot = toDot([first, { ...last, processes: [...crowd, ...last.processes] }], judge([first, last]));
    expect(dot.match(/^ {4}"process \d+" /gm)).toHaveLength(60);
    expect(dot).toContain('"process 14649" [');
    expect(dot).toContain('"process 14690" [');
    expect(dot).toContain('Left out: 442 processes without a part in this');
  });
});
