/** The messages of OptionError. */
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/base/index.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

describe('an OptionError', () => {
  it.each([
    [new OptionError('timeout', -1, 'milliseconds from 0'), 'timeout is -1; allowed: milliseconds from 0'],
    [
      new OptionError('options', 'x', 'a, b', 'has the unknown name'),
      "options has the unknown name 'x'; allowed: a, b",
    ],
    [OptionError.refused('stdin', 'inherit', 'runSync blocks'), "stdin cannot be 'inherit': runSync blocks"],
    [
      OptionError.conflict('pipeCapacity', 'pty', 'a terminal is not a pipe'),
      'pipeCapacity cannot be combined with pty: a terminal is not a pipe',
    ],
  ])('says %s', (error, message) => {
    expect(error).toMatchObject({ name: 'OptionError', code: 'ERR_INVALID_ARG_VALUE', message });
  });
});
