/** Values on the command line, and messages that name the database. */
import { beforeAll, describe, expect, it } from 'vitest';
import { lent } from '../../../spillway/src/cli/jobs/lent.js';
import { databaseUrl, urlWithoutPassword, withoutPasswords } from '../../src/cli/database.js';
import { lend, type Tools } from '../../src/cli/tools.js';
import { groupSlots, id, time, variableName, wholeNumber } from '../../src/cli/values.js';

beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
  // What spillway lends is what these commands ask for.
  const tools: Tools = lent;
  lend(tools);
});

describe('A moment', () => {
  const now = new Date('2026-11-29T12:00:00Z');
  const moment = (text: string) => time('--at', text, now).toISOString();

  it.each([
    ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00.000Z'],
    ['2026-12-24T18:00+05:30', '2026-12-24T12:30:00.000Z'],
    ['2026-12-24T18:00-0800', '2026-12-25T02:00:00.000Z'],
    ['2026-12-24 18:00', '2026-12-24T17:00:00.000Z'],
    ['2026-07-01 18:00:30', '2026-07-01T16:00:30.000Z'],
    ['2026-12-24', '2026-12-23T23:00:00.000Z'],
    ['2028-02-29', '2028-02-28T23:00:00.000Z'],
    ['18:00', '2026-11-29T17:00:00.000Z'],
    ['9:05', '2026-11-30T08:05:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(moment(text)).toBe(expected);
  });

  it.each(['', 'tomorrow', '2026-02-30', '2026-13-01', '24:00', '18:60', '2026-12-24T', 'Z', '18:00Z', '1h'])(
    '%j is none',
    (text) => {
      expect(() => moment(text)).toThrow(`--at is ${JSON.stringify(text)}; allowed: a moment`);
    },
  );
});

describe('Other values', () => {
  it('are numbers of jobs from 1 on', () => {
    expect(id('17')).toBe(17);
    for (const text of ['0', '-1', '1.5', '1e3', ' 1', '', '99999999999999999', '१'])
      expect(() => id(text)).toThrow('is no number of a job');
  });

  it('are whole numbers, for a priority also below zero', () => {
    expect([wholeNumber('-p', '-5'), wholeNumber('-p', '+5')]).toEqual([-5, 5]);
    expect(() => wholeNumber('-p', '0x5')).toThrow('allowed: a whole number');
  });

  it('are slots by group', () => {
    expect({ ...groupSlots('--groups', 'net=2, cpu=4') }).toEqual({ net: 2, cpu: 4 });
    expect({ ...groupSlots('--groups', '__proto__=1') }).toEqual(Object.fromEntries([['__proto__', 1]]));
    for (const text of ['', 'net', 'net=0', 'net=x', 'net=1,', 'a b=1', 'net=-1'])
      expect(() => groupSlots('--groups', text)).toThrow('such as net=2,cpu=4');
    expect(() => groupSlots('--groups', 'net=1,net=2')).toThrow('names the group net twice');
  });

  it('are names of variables without a value', () => {
    expect(variableName('--env', 'TOKEN')).toBe('TOKEN');
    expect(() => variableName('--env', 'TOKEN=secret')).toThrow('its value comes from the environment');
    expect(() => variableName('--env', '')).toThrow('the name of a variable alone');
  });
});

describe('The database', () => {
  it('is the one of the option, of DATABASE_URL, or the embedded one', () => {
    const env = { DATABASE_URL: 'postgres://a@b/c' };
    expect(databaseUrl('--database', undefined, env)).toBe('postgres://a@b/c');
    expect(databaseUrl('--database', 'postgresql:///x?host=/run', env)).toBe('postgresql:///x?host=/run');
    expect(databaseUrl('--database', 'embedded', env)).toBeUndefined();
    expect(databaseUrl('--database', undefined, { DATABASE_URL: '' })).toBeUndefined();
    expect(databaseUrl('--database', undefined, {})).toBeUndefined();
  });

  it.each(['', 'mysql://a:secret@b/c', '/tmp/x', 'postgres://a:sec#ret@b:x/c', 'a:secret@b'])(
    'is refused without quoting it: %j',
    (text) => {
      const attempt = () => databaseUrl('--database', text, {});
      expect(attempt).toThrow('--database is no address of a PostgreSQL');
      expect(attempt).not.toThrow('sec');
    },
  );

  it('is named without its password', () => {
    expect(urlWithoutPassword('postgres://ann:s%40crt@db:5433/jobs')).toBe('postgres://ann:***@db:5433/jobs');
    expect(urlWithoutPassword('postgres://ann@db/jobs?password=s3crt')).toBe(
      'postgres://ann@db/jobs?password=***',
    );
    expect(urlWithoutPassword('postgres://ann@db/jobs')).toBe('postgres://ann@db/jobs');
  });

  it('gives no password away in a message of a driver, however it is written there', () => {
    const url = 'postgres://ann:s%40crt@db/jobs?password=other';
    const text = `connecting to ${url} as ann with s@crt, s%40crt or other failed`;
    const safe = withoutPasswords(text, [url, undefined]);
    expect(safe).not.toMatch(/s@crt|s%40crt|other/);
    expect(safe).toContain('as ann');
  });
});
