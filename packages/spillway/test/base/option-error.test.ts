/** The messages of OptionError, also for options of a part of the call. */
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/base/index.js';
import { checkForLeaks } from '../helpers/leaks.js';

checkForLeaks();

const thrower = (error: Error) => () => {
  throw error;
};

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
    const { option } = error;
    const placed = { option: `commands[1].${option}`, message: `commands[1].${message}` };
    expect(() => OptionError.within('commands[1]', thrower(error))).toThrow(expect.objectContaining(placed));
    const twice = { option: `a.b.${option}`, message: `a.b.${message}` };
    const inner = () => OptionError.within('b', thrower(error));
    expect(() => OptionError.within('a', inner)).toThrow(expect.objectContaining(twice));
  });

  it('leaves other errors alone', () => {
    const error = new TypeError('other');
    expect(() => OptionError.within('place', thrower(error))).toThrow(error);
  });
});
