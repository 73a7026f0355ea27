import { describe, expect } from 'vitest';
import { checkForLeaks, isAlive, until } from '../../helpers/leaks.js';
import { stateOf } from '../../helpers/processes.js';
import { sideBySide } from '../../helpers/side-by-side.js';
import { editsInVim, inFile, missing, PROMPT, put, reason, STOPPED, Terminal } from '../terminal.js';
import { noGnu, type Timeout, words } from './timeout.js';

checkForLeaks();

const it = sideBySide(4);

const programs = (noGnu ? ['spillway'] : ['spillway', 'gnu']) as Timeout[];

const pidIn = async (name: string) => {
  await until(() => inFile(name).endsWith('\n'));
  return Number(inFile(name));
};

const READER = `sh -c 'echo $$ >pid; echo started; while read x; do echo "<$x>"; done'`;

describe.skipIf(missing.length > 0).each(programs)(`%s timeout at a terminal${reason}`, (program) => {
  const timeout = words(program);

  it('lets vim open, edit and save', () => editsInVim(`${timeout} 100`));

  it('ends with the command at Ctrl-C', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`${timeout} 100 ${READER}`);
    await terminal.sees(/^started/m);
    terminal.press('C-c');
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/status=130/);
    expect(isAlive(await pidIn('pid'))).toBe(false);
  });

  it('stops at Ctrl-Z, and fg resumes', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`${timeout} 100 ${READER}`);
    await terminal.sees(/^started/m);
    terminal.press('C-z');
    await terminal.sees(STOPPED);
    const pid = await pidIn('pid');
    await until(() => stateOf(pid) === 'T');
    terminal.enter('fg');
    await terminal.sees(/fg\n[^\n]*timeout[^\n]*\n?$/);
    terminal.enter('hello');
    await terminal.sees(/^<hello>/m);
    terminal.press('C-d');
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/status=0/);
  });

  it('ends at its time in the background, though the command is stopped when it reads', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`${timeout} 2 ${READER} &`);
    const pid = await pidIn('pid');
    await until(() => stateOf(pid) === 'T');
    await until(() => !isAlive(pid));
    terminal.enter('wait %1; echo status=$?');
    await terminal.sees(/status=124/);
  });

  it('in a script has the command in the background, where reading stops it', async () => {
    await using terminal = await Terminal.open();
    put('script', `${timeout} 2 ${READER}\necho "status=$?"\n`);
    terminal.enter('sh script');
    const pid = await pidIn('pid');
    await until(() => stateOf(pid) === 'T');
    await terminal.sees(/^status=124/m);
  });

  it('in a script with --foreground lets the command read, and ends at Ctrl-C', async () => {
    await using terminal = await Terminal.open();
    put('script', `trap 'echo interrupted' INT\n${timeout} --foreground 100 ${READER}\necho "status=$?"\n`);
    terminal.enter('sh script');
    await terminal.sees(/^started/m);
    terminal.enter('hello');
    await terminal.sees(/^<hello>/m);
    terminal.press('C-c');
    await terminal.sees(/^status=130/m);
    expect(isAlive(await pidIn('pid'))).toBe(false);
  });

  it('works in a pipeline before a reader of the terminal', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`${timeout} 100 seq 500 | less`);
    await terminal.sees(/^:$/m);
    terminal.press('G');
    await terminal.sees(/^500$/m);
    terminal.press('q');
    await terminal.sees(PROMPT);
  });

  it('leaves the modes that the command has set', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`${timeout} 100 stty -echo`);
    await terminal.sees(PROMPT);
    terminal.enter('stty -a | grep -o -e "[-]*echo " | head -1 | sed "s/^/mode=/"');
    await terminal.sees(/^mode=-echo/m);
  });
});
