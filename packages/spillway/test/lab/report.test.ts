/** What a reader of the lab gets: tables for a terminal, pictures, a page. */
import { describe, expect, it } from 'vitest';
import {
  claims,
  claimsText,
  host,
  type Outcome,
  outcomeText,
  type Picture,
  page,
  splitIn,
  summaryText,
  svgFile,
} from '../../src/lab/index.js';

const EVIL = '<script>alert("1")</script>&\u0007\u001b[2J';

const strip: Picture = {
  kind: 'strip',
  name: 'strip',
  title: `who ${EVIL}`,
  rows: [{ label: EVIL, blocks: 'AABBA' }],
  note: EVIL,
};
const heat: Picture = {
  kind: 'heat',
  name: 'heat',
  title: 'speed',
  unit: 'MiB/s',
  across: { title: 'reads', labels: ['4 KiB', '64 KiB'] },
  down: { title: 'messages', labels: ['1 B'] },
  values: [[0.5, 1234]],
  note: '',
};
const curves: Picture = {
  kind: 'curves',
  name: 'curves',
  title: 'cost',
  across: { title: 'MiB', labels: ['0', '64'] },
  up: { title: 'ms' },
  series: [{ label: 'fork', values: [1, 20] }],
  note: '',
};

const outcome: Outcome = {
  name: 'made-up',
  group: 'reading',
  question: 'What does it do?',
  steps: [EVIL],
  expected: 'this',
  source: 'POSIX',
  relied: 'all of it',
  follows: 'take care',
  checks: [
    {
      what: 'a long thing that was tried, so long that its cell has several lines',
      expected: 'EAGAIN',
      seen: EVIL,
      verdict: 'differs',
    },
    { what: 'an aside', expected: '1', seen: '1', verdict: 'agrees', isAside: true },
    { what: 'refused', expected: '1', verdict: 'could not be run', why: 'not root' },
  ],
  figures: [{ what: 'bytes', value: '65,536' }],
  words: [{ about: 'Python', words: `Found one deadlock.\n  sh[1]   waits   ${EVIL}` }],
  pictures: [strip, heat, curves],
  verdict: 'differs',
  durationMs: 7,
};

describe('on a terminal', () => {
  it('stand what was tried, expected and seen in columns, within its width', () => {
    const text = outcomeText({ ...outcome, words: [], pictures: [] }, { width: 80, isColoured: false });
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const lines = text.split('\n');
    expect(lines[0]).toBe('made-up (reading and writing): differs');
    const head = lines.find((line) => line.includes('expected')) as string;
    const row = lines.find((line) => line.includes('EAGAIN')) as string;
    expect(row.indexOf('EAGAIN')).toBe(head.indexOf('expected'));
    expect(text).toContain('an aside *');
    expect(text).toContain('could not be run  refused');
    expect(text).toContain('not root');
  });

  it('are no control characters of programs, and colours only where they are wanted', () => {
    const plain = outcomeText(outcome, { width: 100, isColoured: false });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant.
    expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(outcomeText(outcome, { width: 100, isColoured: true })).toContain('\u001b[31mdiffers\u001b[0m');
  });

  it('stand the words of the doctor as it has laid them out', () => {
    expect(outcomeText(outcome, { width: 60, isColoured: false })).toContain('|   sh[1]   waits   <script>');
  });

  it('ends with what the library relies on and does not find', () => {
    const text = summaryText([outcome, { ...outcome, relied: undefined as never }]);
    expect(text).toMatch(/^2 experiments in 0\.0 s: 0 agree, 2 differ, 0 could not be run\.$/m);
    expect(text.match(/The library relies on this/g)?.length).toBe(1);
  });
});

describe('claims', () => {
  const [claim] = claims;
  const told = (answer: 'refuted' | 'could not be run', seen: string) =>
    claimsText([{ ...(claim as (typeof claims)[number]), answer, seen: [seen] }], {
      width: 100,
      isColoured: false,
    });

  it('stand beside what this machine says, with the experiment', () => {
    const text = told('refuted', 'F_GETPIPE_SZ: 65,536');
    expect(text).toMatch(/^The default buffer of a .* refuted +default-capacity$/m);
    expect(text.replace(/\s+/g, ' ')).toContain('F_GETPIPE_SZ: 65,536');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('have no truth from here where this machine refused', () => {
    const text = told('could not be run', 'not root');
    expect(text).toContain('not root');
    expect(text).not.toContain('16 pages');
  });
});

describe('the page', () => {
  const html = page(host(), [outcome], []);

  it('has all text of programs as text', () => {
    expect(html).not.toContain('<script');
    expect(html).toContain('&#60;script&#62;alert(&#34;1&#34;)');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant.
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  });

  it('loads nothing, and has a light and a dark scheme', () => {
    expect(html).not.toMatch(
      /\b(?:src|srcset|href)=["'](?!#)|url\(|@import|https?:\/\/(?!www\.w3\.org\/2000\/svg)/,
    );
    expect(html).toContain('prefers-color-scheme: dark');
    for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) expect(html).toContain(`id="${id}"`);
  });

  it('closes what it opens', () => {
    expect(unbalanced(html.slice(html.indexOf('<body>')))).toEqual([]);
  });
});

describe('a picture', () => {
  it.each([strip, heat, curves])('is an SVG document of its own', (picture) => {
    const svg = svgFile(picture);
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/NaN|Infinity|undefined|<script/);
    expect(unbalanced(svg)).toEqual([]);
  });

  it('has one block for each block that was read', () => {
    const blocks = svgFile(strip).match(/<rect [^>]*height="15" class="f[01]"/g);
    expect(blocks?.length).toBe(5);
  });
});

describe('messages in pieces', () => {
  const count = (text: string, size: number) => splitIn(Buffer.from(text), size);

  it('are those with bytes of another writer inside, and no others', () => {
    expect(count('AAAABBBB', 4)).toBe(0);
    expect(count('AAAAAAAABBBBAAAA', 4)).toBe(0);
    expect(count('AABBBBAA', 4)).toBe(1);
    expect(count('AABBAABB', 4)).toBe(2);
    expect(count('ABABABAB', 4)).toBe(2);
    expect(count('AAAABAAAABBB', 4)).toBe(1);
  });
});

/** Elements that are not closed, or are closed in another order. */
function unbalanced(markup: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = '', self] of markup.matchAll(/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/g)) {
    if (self || ['br', 'meta', 'html'].includes(name)) continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}
