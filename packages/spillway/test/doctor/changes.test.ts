/** What is told between two looks. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  changesBetween,
  type Diagnosis,
  describeOver,
  type Finding,
  type FindingKind,
  judge,
  parseSnapshots,
} from '../../src/doctor/index.js';

const recorded = (name: string): Diagnosis =>
  judge(parseSnapshots(readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), 'utf8')));

const hung = recorded('unread-output');
const healthy = recorded('idle-workers');
const [deadlock] = hung.findings as [Finding];
const withFindings = (...findings: Finding[]): Diagnosis => ({ ...hung, findings });

describe('changesBetween()', () => {
  it('finds nothing between two looks with the same findings, in whatever order', () => {
    expect(changesBetween(hung, recorded('unread-output'))).toEqual({ appeared: [], gone: [] });
    const turned = { ...deadlock, waits: [...deadlock.waits].reverse() };
    expect(changesBetween(hung, withFindings(turned))).toEqual({ appeared: [], gone: [] });
    const fuller = deadlock.waits.map((wait) => ({ ...wait, bytes: 1 }));
    expect(changesBetween(hung, withFindings({ ...deadlock, waits: fuller }))).toEqual({
      appeared: [],
      gone: [],
    });
  });

  it('returns what is new and what is over', () => {
    expect(changesBetween(healthy, hung)).toEqual({ appeared: hung.findings, gone: [] });
    expect(changesBetween(hung, healthy)).toEqual({ appeared: [], gone: hung.findings });
  });

  it('tells findings of one kind apart by their processes and places', () => {
    const [first, ...rest] = deadlock.waits as [Finding['waits'][number]];
    const elsewhere = { ...deadlock, waits: [{ ...first, fd: 77 }, ...rest] };
    const another = { ...deadlock, waits: [{ ...first, process: { ...first.process, pid: 99 } }, ...rest] };
    for (const other of [elsewhere, another])
      expect(changesBetween(hung, withFindings(other))).toEqual({ appeared: [other], gone: [deadlock] });
  });

  it('reports again what was only possible before', () => {
    const vague: Finding = { ...deadlock, confidence: 'possible' };
    expect(changesBetween(withFindings(vague), hung)).toEqual({ appeared: [deadlock], gone: [] });
    expect(changesBetween(hung, withFindings(vague))).toEqual({ appeared: [], gone: [] });
    const likely: Finding = { ...deadlock, confidence: 'likely' };
    expect(changesBetween(withFindings(likely), hung)).toEqual({ appeared: [], gone: [] });
  });

  it('reports again what has become a hang, such as a lock whose owner has fallen asleep', () => {
    const harmless: Finding = { ...deadlock, kind: 'lock-wait', isHang: false };
    const hang: Finding = { ...harmless, isHang: true };
    expect(changesBetween(withFindings(harmless), withFindings(hang))).toEqual({
      appeared: [hang],
      gone: [],
    });
    expect(changesBetween(withFindings(hang), withFindings(harmless))).toEqual({ appeared: [], gone: [] });
  });

  it('leaves out back-pressure, which comes and goes', () => {
    const remark: Finding = { ...deadlock, kind: 'back-pressure', isHang: false };
    expect(changesBetween(withFindings(), withFindings(remark))).toEqual({ appeared: [], gone: [] });
    expect(changesBetween(withFindings(remark), withFindings())).toEqual({ appeared: [], gone: [] });
  });
});

describe('describeOver()', () => {
  const kinds: FindingKind[] = [
    'deadlock',
    'self-deadlock',
    'held-open',
    'leaked-write-end',
    'never-drains',
    'zombie',
    'stopped-on-terminal',
    'stopped',
    'fifo-without-partner',
    'lock-wait',
    'terminal-input',
    'back-pressure',
  ];
  it.each(kinds)('has a sentence for %s', (kind) => {
    const sentence = describeOver({ ...deadlock, kind });
    expect(sentence).toMatch(/^Over: .*\[\d+\].*\.$/);
    expect(sentence).not.toMatch('undefined');
  });

  it('escapes control characters', () => {
    const [first] = deadlock.waits as [Finding['waits'][number]];
    const waits = [{ ...first, process: { ...first.process, name: 'a\u001b[31m\nb' } }];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(describeOver({ ...deadlock, waits })).not.toMatch(/[\u0000-\u001f]/);
  });
});
