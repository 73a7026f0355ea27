/** `process.stdin` as the input of commands: on a terminal, and from a file. */
import { describe, expect } from 'vitest';
import { checkForLeaks } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { inFile, missing, PROMPT, program, put, reason, Terminal } from './terminal.js';

checkForLeaks();

const it = sideBySide(3);

describe.skipIf(missing.length > 0)(`process.stdin as an input${reason}`, () => {
  it.each([
    ['run()', `await run('head', ['-n', '1'], { input: process.stdin })`],
    ['start()', `await start('head', ['-n', '1'], { stdin: process.stdin }).result`],
    ['pipeline()', `await pipeline([['head', '-n', '1'], ['cat']], { input: process.stdin })`],
    ['run() on a terminal of its own', `await run('head', ['-n', '1'], { pty: true, input: process.stdin })`],
  ])('of %s passes on a line that is typed, and the program reads the next ones', async (_verb, call) => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        console.log('asks');
        const { stdout } = ${call};
        console.log('child: ' + stdout.split('\\r\\n').at(-1));
        const again = await run('head', ['-n', '1'], { input: process.stdin });
        console.log('next: ' + again.stdout);
        process.stdin.once('data', (text) => { console.log('program: ' + text); process.exit(5); });`),
    );
    await terminal.sees(/^asks$/m);
    terminal.enter('Ada');
    await terminal.sees(/^child: Ada$/m);
    terminal.enter('Grace');
    await terminal.sees(/^next: Grace$/m);
    terminal.enter('Edsger');
    await terminal.sees(/^program: Edsger$/m);
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/^status=5$/m);
  });

  it('that is a file is read to its end', async () => {
    await using terminal = await Terminal.open();
    const line = 'a line of the file\n';
    put('file', line.repeat(20_000));
    const text = `
      const { stdout } = await run('wc', ['-c'], { input: process.stdin });
      const again = await run('wc', ['-c'], { input: process.stdin });
      console.log('bytes ' + stdout + ' then ' + again.stdout);`;
    terminal.enter(`${program(text)} <file >out; echo status=$?`);
    await terminal.sees(/^status=0$/m);
    expect(inFile('out')).toBe(`bytes ${20_000 * line.length} then 0\n`);
  });
});
