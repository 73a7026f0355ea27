// Imports nothing beforehand, so that the time includes everything the contender needs. In ms.
const [, , contender = ''] = process.argv;
const name =
  { child_process: 'node:child_process', 'execa 10': '../../peers/node_modules/execa-10/index.js' }[
    contender
  ] ?? contender;
const start = performance.now();
await import(name);
const imported = performance.now() - start;

const { capturing } = await import('./runners/index.js');
const capture = await capturing(contender);
const called = performance.now();
await capture('true', []);
const firstResult = imported + performance.now() - called;
process.stdout.write(`${JSON.stringify({ imported, firstResult })}\n`);
