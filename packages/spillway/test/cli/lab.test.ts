/** `spillway lab`, with experiments that take little time. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkForLeaks, scratchDirectory, until } from '../helpers/leaks.js';
import { endOf, spillway, startSpillway } from './spillway.js';

checkForLeaks();

it('lists the experiments without running one', async () => {
  const { status, stdout } = await spillway(['lab', '--list']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^deadlocks \(deadlocks\)$/m);
  expect(stdout).toMatch(/^ {2}wait-before-read +From how many bytes/m);
});

it('shows what was expected and seen, with the verdict', async () => {
  const { status, stdout, stderr } = await spillway(['lab', 'end-of-file', 'unread-bytes']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^end-of-file \(reading and writing\): agrees$/m);
  expect(stdout).toMatch(/^ {2}agrees +read, all writers gone +4 bytes +4 bytes$/m);
  expect(stdout).toMatch(/^2 experiments in \d+\.\d s: 2 agree, 0 differ, 0 could not be run\.$/m);
});

it('writes JSON, a page and pictures', async () => {
  const page = join(scratchDirectory(), 'lab.html');
  const pictures = join(scratchDirectory(), 'pictures');
  const args = ['lab', 'bytes-until-full', '--json', '--report', page, '--pictures', pictures];
  const { status, stdout } = await spillway(args);
  expect(status).toBe(0);
  const { host, experiments, claims } = JSON.parse(stdout);
  expect(host.system).toMatch(/^\w+ \d/);
  expect(experiments.map(({ name, verdict }: Record<string, string>) => [name, verdict])).toEqual([
    ['bytes-until-full', 'agrees'],
  ]);
  expect(claims).toMatchObject([{ name: 'always-64k', answer: 'refuted' }]);
  expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<svg [\s\S]*<\/html>\n$/);
  expect(readdirSync(pictures)).toEqual(['bytes-until-full.svg']);
});

it('knows claims by the experiments that decide them', async () => {
  const { status, stdout } = await spillway(['lab', 'claims', 'end-of-file', '--list']);
  expect(status).toBe(0);
  const names = [...stdout.matchAll(/^ {2}([a-z0-9-]+) /gm)].map(([, name]) => name);
  expect(names).toEqual(
    expect.arrayContaining(['default-capacity', 'poll-read-loop', 'sigchld', 'end-of-file']),
  );
  expect(names).not.toContain('round-trip');
});

it('exits with 1 when something that the library relies on differs', async () => {
  const programs = join(scratchDirectory(), 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'cat'), '#!/bin/sh\nread -r line\necho other\n');
  chmodSync(join(programs, 'cat'), 0o755);
  const env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
  const { status, stdout } = await spillway(['lab', 'empty-pipe'], { env });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^The library relies on this \(empty-pipe: .*\): .*: x; here: other\.$/m);
});

it('refuses names and files that there are not, before anything is run', async () => {
  const unknown = await spillway(['lab', 'no-such']);
  expect([unknown.status, unknown.stderr]).toEqual([
    2,
    'spillway: there is no experiment "no-such"; spillway lab --list names them\n',
  ]);
  const other = await spillway(['lab', 'empty-pipe', '--report', join(scratchDirectory(), 'lab.txt')]);
  expect([other.status, other.stderr]).toMatchObject([2, expect.stringContaining('ends in .html')]);
  const nowhere = await spillway(['lab', 'empty-pipe', '--report', '/no/such/place/lab.html']);
  expect([nowhere.status, nowhere.stderr]).toEqual([
    2,
    'spillway: /no/such/place/lab.html cannot be written: no such file or directory (ENOENT)\n',
  ]);
});

it('ends by the signal that stops it, and leaves nothing', async () => {
  const child = startSpillway(['lab', 'many-writers', 'read-size', 'start-cost']);
  const inScratch = () => readdirSync(scratchDirectory()).filter((name) => name.startsWith('spillway-lab-'));
  await until(() => inScratch().some((name) => existsSync(join(scratchDirectory(), name, 'report.json'))));
  child.kill('SIGINT');
  const { signal, stderr } = await endOf(child);
  expect([signal, stderr]).toEqual(['SIGINT', '']);
  expect(inScratch()).toEqual([]);
});
