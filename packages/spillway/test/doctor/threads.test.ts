/** Hangs of programs with several threads, of which one waits for the exit of a child. */
import { describe, expect } from 'vitest';
import { describeFinding, diagnose, describe as inWords } from '../../src/doctor/index.js';
import { endHanging, foundIn, hasJava, java, python, steps } from '../helpers/hanging.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();
endHanging();

const it = sideBySide(20);

describe('The doctor finds a deadlock', () => {
  it.each([
    ['for that thread', 'main_joins', ['certain']],
    ['for an event that does not come', 'main_awaits_event', ['certain']],
    ['for any signal', 'main_pauses', ['likely']],
    ['for a signal that would end it', 'main_awaits_signal', ['likely']],
    ['for years', 'main_sleeps_for_ever', ['likely']],
    ['beside a runtime that wakes by itself, as that of Go', 'like_go', ['likely']],
    ['and is told of exits through a pipe, as .NET is', 'like_dotnet', ['certain', 'likely']],
  ])('of a thread that waits for the exit while the main thread waits %s', async (_, name, confidences) => {
    const { pid } = python(name);
    const finding = await foundIn(pid, 'deadlock');
    expect(steps(finding).sort()).toEqual(['python3 exit', 'python3 write 1']);
    expect(confidences).toContain(finding.confidence);
    expect(finding.isHang).toBe(true);
    expect(inWords(await diagnose({ pids: [pid] }))).toContain('waits for the exit before it reads stdout');
  });

  it.skipIf(!hasJava).each([
    [
      'waits for the exit before it reads',
      'unreadOutput',
      ['java exit', 'python3 write 1'],
      /before it reads stdout/,
    ],
    [
      'reads stdout to its end first',
      'readOneByOne',
      ['java read', 'python3 write 2'],
      /reads stdout to its end before it reads stderr of python3/,
    ],
    [
      'waits for the exit before it closes stdin',
      'unclosedInput',
      ['cat read 0', 'java exit'],
      /reads stdin until/,
    ],
  ] as const)('of a Java program that %s', async (_, name, expected, why) => {
    const finding = await foundIn(java(name).pid, 'deadlock');
    expect(
      steps(finding)
        .map((step) => step.replace(/(java read) .*/, '$1'))
        .sort(),
    ).toEqual(expected);
    expect(finding).toMatchObject({ isHang: true, confidence: 'likely' });
    expect(describeFinding(finding)).toMatch(why);
  });
});
