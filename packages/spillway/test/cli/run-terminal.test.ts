/** Commands of `run`, `start` and `pipeline` at a terminal, in a program under an interactive bash. */
import { describe, expect } from 'vitest';
import { checkForLeaks, until } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { inFile, missing, PROMPT, program, put, reason, STOPPED, Terminal } from './terminal.js';

checkForLeaks();

const it = sideBySide(3);
/** Asks on the terminal, as ssh and git do, and writes the answer to its stdout. */
const ASK = `'printf "%s? " "$0" >/dev/tty; read x </dev/tty; echo "$x"'`;
const all = `{ stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' }`;

async function status(terminal: Terminal): Promise<void> {
  await terminal.sees(PROMPT);
  terminal.enter('echo status=$?');
}

describe.skipIf(missing.length > 0)(`A command that asks on the terminal${reason}`, () => {
  it.each([
    ['run()', `const { stdout } = await run('sh', ['-c', ${ASK}, 'name']);`],
    ['start()', `const { stdout } = await start('sh', ['-c', ${ASK}, 'name']).result;`],
    ['runSync()', `const { stdout } = runSync('sh', ['-c', ${ASK}, 'name']);`],
    ['pipeline()', `const { stdout } = await pipeline([['sh', '-c', ${ASK}, 'name'], ['cat']]);`],
    [
      'pipeline(), as its last',
      `const { stdout } = await pipeline([['true'], ['sh', '-c', ${ASK}, 'name']]);`,
    ],
  ])('of %s gets it, and the program has it back', async (_verb, call) => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`${call}
        console.log('child: ' + stdout);
        process.stdin.once('data', (text) => { console.log('program: ' + text); process.exit(5); });`),
    );
    await terminal.sees(/^name\?$/m);
    terminal.enter('Ada');
    await terminal.sees(/^child: Ada$/m);
    terminal.enter('Grace');
    await terminal.sees(/^program: Grace$/m);
    await status(terminal);
    await terminal.sees(/^status=5$/m);
  });

  it('waits while another one has it', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        const script = ${ASK} + '; echo "took $x" >/dev/tty';
        const ask = (name) => run('sh', ['-c', script, name]).then(({ stdout }) => stdout);
        const { existsSync } = await import('node:fs');
        const first = ask('first');
        while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20));
        console.log((await Promise.all([first, ask('second'), ask('third')])).join('+'));`),
    );
    await terminal.sees(/first\?$/);
    put('go', '');
    await terminal.sees(/second\?[\s\S]*third\?|third\?[\s\S]*second\?/);
    terminal.enter('1');
    await terminal.sees(/took 1/);
    terminal.enter('2');
    await terminal.sees(/took 1[\s\S]*took 2/);
    terminal.enter('2');
    await terminal.sees(/^1\+2\+2$/m);
    await terminal.sees(PROMPT);
  });

  it('shares it with the others of its pipeline: less at its end has the keys', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        const upstream = 'read x </dev/tty; seq 20000; echo "$x"';
        await pipeline([['sh', '-c', upstream], ['less']], { stdout: 'inherit', stderr: 'inherit' });
        console.log('over');`),
    );
    terminal.enter('Ada');
    await terminal.sees(/^20$/m);
    terminal.press('G');
    await terminal.sees(/^Ada$/m);
    terminal.press('q');
    await terminal.sees(/^over$/m);
  });

  it('has it although the program has a prompt of its own', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        import { createInterface } from 'node:readline';
        const prompt = createInterface({ input: process.stdin, output: process.stdout, terminal: true });
        prompt.setPrompt('own> ');
        const lines = [];
        prompt.on('line', (line) => lines.push(line));
        const { stdout } = await run('sh', ['-c', ${ASK}, 'name']);
        prompt.prompt();
        prompt.once('line', (line) => {
          console.log(lines.length + ' ' + stdout + ' ' + line);
          prompt.close();
        });`),
    );
    await terminal.sees(/name\?$/);
    terminal.enter('Ada');
    await terminal.sees(/own>$/);
    terminal.enter('Grace');
    await terminal.sees(/^1 Ada Grace$/m);
    await terminal.sees(PROMPT);
  });

  it('stops with the program in the background, and both go on with fg', async () => {
    await using terminal = await Terminal.open();
    const path = program(`console.log('got ' + (await run('sh', ['-c', ${ASK}, 'name'])).stdout);`);
    terminal.enter(`${path} &`);
    await terminal.sees(/name\?/);
    terminal.enter('');
    await terminal.sees(/Stopped[^\n]*program/);
    terminal.enter('fg');
    await terminal.sees(/fg\n[^\n]*program[^\n]*$/);
    terminal.enter('Ada');
    await terminal.sees(/^got Ada$/m);
    await terminal.sees(PROMPT);
  });

  it('is ended with an error where no shell can bring the program to the front', async () => {
    await using terminal = await Terminal.open();
    const text = `await run('sh', ['-c', ${ASK}, 'name']).catch(({ message, result }) => {
      console.log(result.reason + ': ' + message.replaceAll('\\n', ' '));
    });`;
    // Its parent has ended, so its group is an orphaned one.
    terminal.enter(`( (${program(text)} >log 2>&1) & )`);
    await until(
      () => inFile('log').endsWith('\n'),
      () => inFile('log'),
      30_000,
    );
    expect(inFile('log')).toMatch(/^error: sh -c .* it wanted to read from the terminal.*input/);
  });

  it('ends program and command at Ctrl-C', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(program(`await run('sh', ['-c', ${ASK}, 'name']); console.log('survived');`));
    await terminal.sees(/^name\?$/m);
    terminal.press('C-c');
    await status(terminal);
    await terminal.sees(/^status=130$/m);
  });
});

describe.skipIf(missing.length > 0)(`A command whose streams are the terminal${reason}`, () => {
  it('has the keys from the start: less shows a file', async () => {
    await using terminal = await Terminal.open();
    put('text', `${Array.from({ length: 500 }, (_, n) => `line ${n}`).join('\n')}\n`);
    terminal.enter(program(`await run('less', ['text'], ${all}); console.log('over');`));
    await terminal.sees(/^line 3$/m);
    terminal.press('G');
    await terminal.sees(/^line 499$/m);
    terminal.press('q');
    await terminal.sees(/^over$/m);
    await terminal.sees(PROMPT);
  });

  it('stops at Ctrl-Z together with the program, and fg resumes both', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        const script = 'echo started; while read x; do echo "<$x>"; done';
        const { exitCode } = await run('sh', ['-c', script], ${all});
        console.log('exit', exitCode);`),
    );
    await terminal.sees(/^started$/m);
    terminal.press('C-z');
    await terminal.sees(STOPPED);
    terminal.enter('echo "here is the shell"');
    await terminal.sees(/^here is the shell$/m);
    terminal.enter('fg');
    await terminal.sees(/fg\n[^\n]*program[^\n]*$/);
    terminal.enter('hello');
    await terminal.sees(/^<hello>$/m);
    terminal.press('C-d');
    await terminal.sees(/^exit 0$/m);
    await terminal.sees(PROMPT);
  });

  it('calls the SIGINT listener of the program at Ctrl-C, with the result at hand', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        process.on('SIGINT', () => { console.log('heard'); setTimeout(() => process.exit(7), 100); });
        const options = { ...${all}, check: false };
        console.log((await run('sh', ['-c', 'echo started; exec sleep 1000'], options)).signal);
        setTimeout(() => {}, 60_000);`),
    );
    await terminal.sees(/^started$/m);
    terminal.press('C-c');
    await terminal.sees(/^heard$/m);
    await terminal.sees(/SIGINT$/m);
    await status(terminal);
    await terminal.sees(/^status=7$/m);
  });

  it('that is killed leaves the modes of the terminal as they were', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        const options = { ...${all}, timeout: 1500, check: false };
        console.log((await run('sh', ['-c', 'stty -echo; echo hidden; exec sleep 1000'], options)).reason);
        const { stdout } = await run('stty', { stdin: 'inherit' });
        console.log(stdout.includes('-echo ') ? 'no echo' : 'echo');`),
    );
    await terminal.sees(/^timeout\necho$/m);
    await terminal.sees(PROMPT);
  });
});
