/** The small drawing for a terminal. */
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { clippedTo, columnsOf } from '../../src/base/index.js';
import { drawing, type Finding, describe as inWords, judge, parseSnapshots } from '../../src/doctor/index.js';

function finding(name: string): Finding {
  const text = readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), 'utf8');
  return judge(parseSnapshots(text)).findings[0] as Finding;
}

/** The deadlock with other names. */
function called(...names: string[]): Finding {
  const found = finding('unread-output');
  const waits = found.waits.map((story, at) => ({
    ...story,
    process: { ...story.process, name: names[at % names.length] as string, command: [] },
  }));
  return { ...found, waits };
}

/** A circle of so many. */
function circleOf(count: number): Finding {
  const [story] = called('one').waits as [Finding['waits'][number]];
  const waits = Array.from({ length: count }, (_, at) => ({
    ...story,
    process: { ...story.process, pid: 100 + at },
  }));
  return { ...finding('unread-output'), waits };
}

const PLAIN = { columns: 80, isUnicode: true, colour: false } as const;

describe('A drawing', () => {
  it('of a deadlock leads from the last process back to the first', () => {
    expect(`\n${drawing(finding('unread-output'), PLAIN)}`).toBe(`
  ┌────────────────────────┐
  │ python3[14649] hang.py │◄───────────────────────┐
  └─┬──────────────────────┘                        │
    │ waits for its child 14690 to exit             │
    ▼                                               │
  ┌────────────────┐                                │
  │ python3[14690] │                                │
  └─┬──────────────┘                                │
    │ cannot write its stdout: the pipe is full     │
    │ 65,536 of 65,536 bytes; the other end is fd 3 │
    └───────────────────────────────────────────────┘`);
  });

  it('of an end-of-file that is held back ends at the holder', () => {
    expect(`\n${drawing(finding('held-open'), PLAIN)}`).toBe(`
  ┌────────────────────────┐
  │ python3[14786] hang.py │
  └─┬──────────────────────┘
    │ waits for something to read on its fd 3: the pipe is empty
    │ 0 of 65,536 bytes; the other end is stdout
    ▼
  ┌─────────────────────────────────────────────────┐
  │ sleep[14831] 1000   still has it open as stdout │
  └─────────────────────────────────────────────────┘`);
  });

  it('has ASCII characters alone on a terminal without UTF-8', () => {
    const text = drawing(called('漢字 …', 'plain'), { ...PLAIN, isUnicode: false });
    expect(text).toMatch(/^[ -~\n]*$/);
    expect(text.split('\n')[1]).toMatch(/^ {2}\| \?\? \.\.\.\[14649\] \|<-+\+$/);
  });

  it('of a process that waits for itself is a circle of one box', () => {
    const [story] = finding('held-open').waits;
    const text = drawing(
      { ...finding('held-open'), kind: 'self-deadlock', waits: [story as Finding['waits'][number]] },
      PLAIN,
    );
    expect(text.match(/┌/g)).toHaveLength(1);
    expect(text).toMatch(/◄─+┐/);
    expect(text).toMatch(/└─+┘$/);
  });

  it('of a long circle has one box for its middle', () => {
    const text = drawing(circleOf(100), PLAIN);
    expect(text).toContain('│ 93 more │');
    expect(text).toContain('one[104]');
    expect(text).not.toContain('one[105]');
    expect(text).toContain('one[199]');
    expect(drawing(circleOf(8), PLAIN)).not.toContain('more');
  });

  it('is red on a colour terminal, each line by itself', () => {
    const text = drawing(finding('unread-output'), { ...PLAIN, colour: true });
    for (const line of text.split('\n')) {
      expect(line.startsWith('\x1b[31m  ')).toBe(true);
      expect(line.endsWith('\x1b[39m')).toBe(true);
    }
    expect(stripVTControlCharacters(text)).toBe(drawing(finding('unread-output'), PLAIN));
  });

  const WIDTHS = [24, 25, 30, 37, 52, 53, 79, 80, 132, 500];
  const NAMES = [
    'x',
    'a'.repeat(300),
    '漢字'.repeat(60),
    '\x1b[31m\n\u202e',
    'e\u0301'.repeat(50),
    '🐢🐢',
    '',
  ];

  it.each(WIDTHS)('is never wider than %i columns, and its lines fit together', (columns) => {
    const stories = ['unread-output', 'one-stream-at-a-time', 'locks', 'held-open'].map(finding);
    for (const one of [...stories, ...NAMES.map((name) => called(name, 'other')), circleOf(9)]) {
      for (const isUnicode of [true, false]) {
        const text = drawing(one, { columns, isUnicode, colour: false });
        expect(text).not.toBe('');
        const widths = text.split('\n').map(columnsOf);
        expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
        // All but the first line of a circle end at the line that leads back.
        if (one.kind === 'deadlock') expect(new Set(widths.slice(1)).size).toBe(1);
        for (const line of text.split('\n')) expect(line).not.toMatch(/\p{Cc}/u);
      }
    }
  });

  it('is left out when it would not fit, or when there is no other side', () => {
    expect(drawing(finding('unread-output'), { ...PLAIN, columns: 23 })).toBe('');
    expect(drawing(finding('slow-reader'), PLAIN)).toBe('');
    for (const kind of ['zombie', 'stopped', 'lock-wait', 'terminal-input', 'fifo-without-partner'] as const)
      expect(drawing({ ...finding('unread-output'), kind }, PLAIN)).toBe('');
  });
});

describe('A report with illustrations', () => {
  const text = readFileSync(new URL('../recordings/unread-output.json', import.meta.url), 'utf8');
  const diagnosis = judge(parseSnapshots(text));

  it('has them below the title, and is otherwise the same', () => {
    const illustrated = inWords(diagnosis, { illustrate: ({ kind }) => `(${kind})` });
    expect(illustrated.split('\n').slice(1, 4)).toEqual(['', '(deadlock)', '']);
    expect(illustrated.replace('\n(deadlock)\n', '')).toBe(inWords(diagnosis));
    expect(inWords(diagnosis, { illustrate: () => '' })).toBe(inWords(diagnosis));
  });
});

describe('The columns of a text', () => {
  it.each([
    ['abc', 3],
    ['żółw', 4],
    ['漢字', 4],
    ['한글', 4],
    ['ひらがな', 8],
    ['ｆｕｌｌ', 8],
    ['e\u0301', 1],
    ['🐢', 2],
    ['𠮷', 2],
    ['…─│', 3],
    ['©®', 2],
    ['◄▼', 2],
    ['❤\ufe0f', 2],
  ])('are counted as a terminal does: %s has %i', (letters, columns) => {
    expect(columnsOf(letters)).toBe(columns);
  });

  it('are what it is clipped to', () => {
    expect(clippedTo('漢字漢字', 8)).toBe('漢字漢字');
    expect(clippedTo('漢字漢字', 7)).toBe('漢字漢…');
    expect(clippedTo('漢字漢字', 6)).toBe('漢字…');
    expect(clippedTo('abcdef', 5, '...')).toBe('ab...');
    expect(clippedTo('abcdef', 2, '...')).toBe('');
  });
});
