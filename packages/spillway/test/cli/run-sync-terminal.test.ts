/** Synchronous runs at a terminal, in a program under an interactive bash with job control. */
import { describe, it } from 'vitest';
import { checkForLeaks } from '../helpers/leaks.js';
import { missing, PROMPT, program, reason, Terminal } from './terminal.js';

checkForLeaks();

describe.skipIf(missing.length > 0)(`runSync() with the terminal as stdin${reason}`, () => {
  it('lets the command read, and has the terminal back afterwards', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        const options = { stdin: 'inherit', timeout: '60s' };
        for (const name of ['first', 'second']) {
          const script = 'echo "name?" >&2; read name; echo $name';
          const { stdout } = runSync('sh', ['-c', script], { ...options, stderr: 'inherit' });
          console.log(name + ':', stdout);
        }
        process.stdin.once('data', (text) => { console.log('ourselves:', String(text)); process.exit(5); });
      `),
    );
    await terminal.sees(/^name\?$/m);
    terminal.enter('Ada');
    await terminal.sees(/^first: Ada$/m);
    terminal.enter('Grace');
    await terminal.sees(/^second: Grace$/m);
    terminal.enter('Mary');
    await terminal.sees(/^ourselves: Mary$/m);
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/^status=5$/m);
  });

  it('gives the terminal to a command that asks for it later, with other streams too', async () => {
    await using terminal = await Terminal.open();
    const run = program(`
      console.error('asks');
      const { stdout } = runSync('sh', ['-c', 'read name; echo $name'], { stdin: 'inherit', timeout: '60s' });
      console.log('read:', stdout);
    `);
    terminal.enter(`${run} | cat`);
    // What is typed while the shell still edits its line ends in no newline for the command.
    await terminal.sees(/asks$/m);
    terminal.enter('Ada');
    await terminal.sees(/^read: Ada$/m);
    await terminal.sees(PROMPT);
  });

  it('ends command and program at Ctrl-C', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(
        `runSync('sh', ['-c', 'echo started; exec sleep 1000'], { stdin: 'inherit', stdout: 'inherit' });
         console.log('survived');`,
      ),
    );
    await terminal.sees(/^started$/m);
    terminal.press('C-c');
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/^status=130$/m);
  });

  it('calls the SIGINT listener of the program with the result at hand', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        process.on('SIGINT', () => { console.log('heard'); process.exit(7); });
        const options = { stdin: 'inherit', stdout: 'inherit', check: false };
        console.log(runSync('sh', ['-c', 'echo started; exec sleep 1000'], options).signal);
        setTimeout(() => {}, 60_000);
      `),
    );
    await terminal.sees(/^started$/m);
    terminal.press('C-c');
    await terminal.sees(/SIGINT\nheard\n/);
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/^status=7$/m);
  });

  it('stops at Ctrl-Z together with the program, and fg resumes both', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        const script = 'echo started; while read x; do echo "<$x>"; done';
        const { exitCode } = runSync('sh', ['-c', script], { stdin: 'inherit', stdout: 'inherit' });
        console.log('exit', exitCode);
      `),
    );
    await terminal.sees(/^started$/m);
    terminal.press('C-z');
    await terminal.sees(/Stopped.*\n+ready>$/);
    terminal.enter('echo "here is the shell"');
    await terminal.sees(/^here is the shell$/m);
    terminal.enter('fg');
    await terminal.sees(/fg\n[^\n]*program\.mjs[^\n]*$/);
    terminal.enter('hello');
    await terminal.sees(/^<hello>$/m);
    terminal.press('C-d');
    await terminal.sees(/^exit 0$/m);
    await terminal.sees(PROMPT);
  });

  it('restores the modes of the terminal after a command that changed them is killed', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      program(`
        const options = { stdin: 'inherit', stdout: 'inherit', timeout: 1500, check: false };
        console.log(runSync('sh', ['-c', 'stty -echo; echo hidden; exec sleep 1000'], options).reason);
        console.log(runSync('stty', { stdin: 'inherit' }).stdout.includes('-echo ') ? 'no echo' : 'echo');
      `),
    );
    await terminal.sees(/^timeout\necho$/m);
    await terminal.sees(PROMPT);
  });
});
