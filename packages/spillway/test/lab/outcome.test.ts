/** Verdicts: what differs decides, and what could not be run never counts as a difference. */
import { describe, expect, it } from 'vitest';
import {
  answersOf,
  broken,
  CannotRun,
  claims,
  experiments,
  Notes,
  outcomeOf,
  reportOf,
} from '../../src/lab/index.js';

const description = {
  name: 'made-up',
  group: 'reading',
  question: 'What?',
  steps: ['try it'],
  expected: 'this',
  source: 'POSIX',
  relied: 'everything',
  follows: 'nothing',
} as const;

async function outcome(
  perform: (notes: Notes) => void | Promise<void>,
  relied: string | undefined = 'everything',
) {
  const { relied: _, ...rest } = description;
  const report = await reportOf({ perform }, new Notes('/nowhere'), undefined);
  return outcomeOf({ ...rest, ...(relied && { relied }) }, report, 5, report.refusal);
}

describe('the verdict of an experiment', () => {
  it('agrees when each check does', async () => {
    const found = await outcome((notes) => {
      notes.check('a', 4096, 4096);
      notes.check('b', ['this', 'that'], 'that');
    });
    expect(found.verdict).toBe('agrees');
    expect(found.checks.map(({ expected, seen }) => [expected, seen])).toEqual([
      ['4,096', '4,096'],
      ['this or that', 'that'],
    ]);
    expect(broken(found)).toEqual([]);
  });

  it('differs by one check, and names what the library relies on', async () => {
    const found = await outcome((notes) => {
      notes.check('a', 1, 1);
      notes.check('b', 'EPIPE', 'EAGAIN');
    });
    expect(found.verdict).toBe('differs');
    expect(broken(found).map(({ what }) => what)).toEqual(['b']);
  });

  it('does not fail the library by what is merely interesting', async () => {
    const aside = await outcome((notes) => void notes.check('a', 1, 2, { isAside: true }));
    expect([aside.verdict, broken(aside)]).toEqual(['differs', []]);
    const unrelied = await outcome((notes) => void notes.check('a', 1, 2), '');
    expect([unrelied.verdict, broken(unrelied)]).toEqual(['differs', []]);
  });

  it('could not be run when the machine refuses, also in the middle', async () => {
    const found = await outcome((notes) => {
      notes.check('a', 1, 1);
      throw new CannotRun('there is no /proc');
    });
    expect([found.verdict, found.why]).toEqual(['could not be run', 'there is no /proc']);
  });

  it('could not be run when it fails in a way that was not thought of', async () => {
    const found = await outcome(() => Promise.reject(new TypeError('undefined is no function')));
    expect([found.verdict, found.why]).toEqual(['could not be run', 'undefined is no function']);
  });

  it('differs although a later step was refused', async () => {
    const found = await outcome((notes) => {
      notes.check('a', 1, 2);
      throw new CannotRun('no more');
    });
    expect(found.verdict).toBe('differs');
  });

  it('agrees when one check of several is refused, and says why that one is', async () => {
    const found = await outcome(async (notes) => {
      await notes.attempt('a', 'EPERM', () => {
        throw new CannotRun('not root');
      });
      notes.check('b', 1, 1);
    });
    expect(found.verdict).toBe('agrees');
    expect(found.checks[0]).toEqual({
      what: 'a',
      expected: 'EPERM',
      verdict: 'could not be run',
      why: 'not root',
    });
  });

  it('could not be run without the C library', async () => {
    const report = await reportOf(
      { perform: () => {} },
      new Notes('/nowhere'),
      'the C library cannot be called',
    );
    expect(outcomeOf(description, report, 0, report.refusal).verdict).toBe('could not be run');
  });
});

describe('claims', () => {
  it('each name an experiment that there is, once', () => {
    const names = experiments.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(claims.filter(({ experiment }) => !names.includes(experiment))).toEqual([]);
  });

  it('are refuted by checks that agree, and not by what could not be run', () => {
    const answer = (verdict: 'agrees' | 'differs' | 'could not be run') =>
      answersOf([
        {
          name: 'zombie-cost',
          checks: [{ what: 'a start beside the zombies', seen: 'EAGAIN', verdict, why: 'not root' }],
        },
      ]).map((one) => one.answer);
    expect(answer('agrees')).toEqual(['refuted']);
    expect(answer('differs')).toEqual(['not refuted']);
    expect(answer('could not be run')).toEqual(['could not be run']);
    expect(answersOf([{ name: 'zombie-cost', checks: [], why: 'no /proc' }])[0]).toMatchObject({
      answer: 'could not be run',
      seen: ['no /proc'],
    });
  });
});
