/** `spillway run` at a terminal, under an interactive bash with job control. */
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { checkForLeaks, isAlive, scratchDirectory, until } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';
import { MAIN } from './spillway.js';
import { editsInVim, inFile, missing, PROMPT, put, reason, STOPPED, Terminal } from './terminal.js';

checkForLeaks();

const it = sideBySide(4);

const command = (...args: string[]) => [process.execPath, MAIN, ...args].join(' ');

/**
 * bash has named the job that it resumes. What is typed before that, while bash still edits lines, has no
 * line end for the job.
 */
const RESUMED = /fg\n[^\n]*main\.cjs[^\n]*$/;

describe.skipIf(missing.length > 0)(`spillway run at a terminal${reason}`, () => {
  it('lets vim open, edit and save', () => editsInVim('sw run --'));

  it('ends the command at Ctrl-C with 130, and the shell lives', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run -- sh -c 'echo started; exec sleep 1000'`);
    await terminal.sees(/^started/m);
    terminal.press('C-c');
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/status=130/);
  });

  it('stops at Ctrl-Z, and fg resumes', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run -- sh -c 'echo started; while read x; do echo "<$x>"; done'`);
    await terminal.sees(/^started/m);
    terminal.press('C-z');
    await terminal.sees(STOPPED);
    terminal.enter('echo "here is the shell"');
    await terminal.sees(/^here is the shell/m);
    terminal.enter('fg');
    await terminal.sees(RESUMED);
    terminal.enter('hello');
    await terminal.sees(/^<hello>/m);
    terminal.press('C-z');
    await terminal.sees(/Stopped[\s\S]*Stopped.*\n+ready>$/);
    terminal.enter('fg');
    await terminal.sees(RESUMED);
    terminal.enter('again');
    await terminal.sees(/^<again>/m);
    terminal.press('C-d');
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/status=0/);
  });

  it('gives vim its screen back after Ctrl-Z and fg', async () => {
    await using terminal = await Terminal.open();
    put('text', 'first\n');
    terminal.enter('sw run -- vim text');
    await terminal.sees(/first\n~/);
    terminal.press('C-z');
    await terminal.sees(STOPPED);
    terminal.enter('stty -a | tr " " "\\n" | grep -x -e icanon -e -icanon');
    await terminal.sees(/^icanon/m);
    terminal.enter('fg');
    await terminal.sees(/first\n~/);
    terminal.type('osecond');
    terminal.press('Escape');
    terminal.enter(':wq');
    await until(() => inFile('text') === 'first\nsecond\n');
  });

  it('goes on in the background with bg, and comes back with fg', async () => {
    await using terminal = await Terminal.open();
    // It forks nothing meanwhile: a shell that waits in vfork(2) for a child which Ctrl-Z has stopped before
    // its exec does not stop itself.
    execFileSync('mkfifo', [join(scratchDirectory(), 'go')]);
    terminal.enter(`sw run -- sh -c 'echo started; read y <go; echo went; read x; echo "<$x>"'`);
    await terminal.sees(/^started/m);
    terminal.press('C-z');
    await terminal.sees(STOPPED);
    terminal.enter('bg');
    terminal.enter('echo >go');
    await terminal.sees(/^(ready> )?went/m);
    // It reads now, which stops a job in the background. bash says so at its next prompt after the stop.
    await until(() => {
      terminal.press('Enter');
      return /Stopped.*[\s\S]*Stopped/m.test(terminal.screen());
    });
    terminal.enter('fg');
    await terminal.sees(RESUMED);
    terminal.enter('hello');
    await terminal.sees(/^<hello>/m);
  });

  it('stops a background job that reads, until fg', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run -- sh -c 'read x; echo "<$x>"' &`);
    await until(() => {
      terminal.press('Enter');
      return /Stopped/.test(terminal.screen());
    });
    terminal.enter('fg');
    await terminal.sees(RESUMED);
    terminal.enter('hello');
    await terminal.sees(/^<hello>/m);
    terminal.enter('echo status=$?');
    await terminal.sees(/status=0/);
  });

  it('ends a background job at Ctrl-C after fg', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run -- sh -c 'echo started; exec sleep 1000' &`);
    await terminal.sees(/^(ready> )?started/m);
    terminal.enter('fg');
    await terminal.sees(RESUMED);
    terminal.press('C-c');
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/status=130/);
  });

  it('reads a password through /dev/tty without echo', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run -- python3 -c 'import getpass; print("<%s>" % getpass.getpass())'`);
    await terminal.sees(/^Password:$/m);
    terminal.enter('secret');
    await terminal.sees(/^<secret>/m);
    expect(terminal.screen()).toMatch(/^Password:$/m);
  });

  it('reads a password through /dev/tty in a pipeline', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run -- python3 -c 'import getpass; print("<%s>" % getpass.getpass())' | cat`);
    await terminal.sees(/^Password:$/m);
    terminal.enter('secret');
    await terminal.sees(/^<secret>\n+ready>$/m);
    terminal.enter(`sw run -- sh -c 'echo question; read x < /dev/tty; echo "[$x]"' | cat`);
    await terminal.sees(/^question/m);
    terminal.enter('hello');
    await terminal.sees(/^\[hello\]/m);
  });

  it('leaves the terminal to the pager behind it, and takes it when its command asks', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      `sw run -- sh -c 'echo question > /dev/tty; read x < /dev/tty; seq 100; echo "<$x>"' | less`,
    );
    await terminal.sees(/^question/m);
    terminal.enter('hello');
    await terminal.sees(/^20$/m);
    terminal.type('G');
    await terminal.sees(/^<hello>/m);
    terminal.type('q');
    await terminal.sees(/ready>$/);
    terminal.enter('declare -p PIPESTATUS');
    await terminal.sees(/="0".*="0"/);
  });

  it('stops a whole pipeline at Ctrl-Z, and fg resumes it', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run -- sh -c 'echo started; until test -e go; do sleep 0.05; done; echo went' | cat`);
    await terminal.sees(/^started/m);
    terminal.press('C-z');
    await terminal.sees(STOPPED);
    put('go', '');
    terminal.enter('echo "nothing happens"');
    await terminal.sees(/^nothing happens/m);
    expect(terminal.screen()).not.toMatch(/^went/m);
    terminal.enter('fg');
    await terminal.sees(/^went/m);
    await terminal.sees(PROMPT);
  });

  it('ends a whole pipeline at Ctrl-C', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run -- sh -c 'echo started; exec sleep 1000' | cat`);
    await terminal.sees(/^started/m);
    terminal.press('C-c');
    await terminal.sees(PROMPT);
    terminal.enter('declare -p PIPESTATUS');
    await terminal.sees(/="130".*="130"/);
  });

  it('stops a program between the shell and spillway, such as npx', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      `sh -c '${command('run')} -- sh -c "echo started; read x; echo \\"<\\$x>\\""; echo after'`,
    );
    await terminal.sees(/^started/m);
    terminal.press('C-z');
    await terminal.sees(STOPPED);
    terminal.enter('fg');
    await terminal.sees(RESUMED);
    terminal.enter('hello');
    await terminal.sees(/^<hello>\nafter/m);
  });

  it('ends a program between the shell and spillway at Ctrl-C', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sh -c '${command('run')} -- sh -c "echo started; exec sleep 1000"; echo after'`);
    await terminal.sees(/^started/m);
    terminal.press('C-c');
    await terminal.sees(PROMPT);
    expect(terminal.screen()).not.toMatch(/^after/m);
  });

  it('restores the modes after a command that set raw mode and was killed', async () => {
    await using terminal = await Terminal.open();
    terminal.enter('stty -g > before');
    terminal.enter(`sw run --timeout 1s -- python3 -c 'import tty, time; tty.setraw(0); time.sleep(1000)'`);
    await terminal.sees(/timed out after/);
    terminal.enter('stty -g > after; echo status=$?');
    await terminal.sees(/status=0/);
    expect(inFile('after')).toBe(inFile('before'));
  });

  it('keeps the modes that a command left on purpose', async () => {
    await using terminal = await Terminal.open();
    terminal.enter('sw run -- stty -echo');
    await terminal.sees(PROMPT);
    terminal.enter('stty -a > modes; echo "done"');
    await terminal.sees(/^(ready>)?done/m);
    expect(inFile('modes')).toMatch(/ -echo /);
  });

  it('does not touch the terminal when it ends in the background', async () => {
    await using terminal = await Terminal.open();
    execFileSync('mkfifo', [join(scratchDirectory(), 'gate')]);
    terminal.enter(`sw run -- sh -c 'read x < gate; touch ended' & echo $! > pid`);
    await until(() => inFile('pid') !== '');
    const waits =
      'stty -g > before; echo go > gate; while kill -0 $(cat pid) 2>&-; do sleep 0.05; done; stty -g > after';
    terminal.enter(
      `python3 -c 'import os, tty; tty.setraw(0); os.system("${waits}")'; stty sane; clear; echo "done"`,
    );
    await terminal.sees(/^done/m);
    expect(inFile('before')).toMatch(/:/);
    expect(inFile('after')).toBe(inFile('before'));
  });

  it('takes the terminal back when the command cannot be started', async () => {
    await using terminal = await Terminal.open();
    put('text', 'no program\n');
    chmodSync(join(scratchDirectory(), 'text'), 0o755);
    terminal.enter('sw run ./text; echo status=$?; read x; echo "<$x>"');
    await terminal.sees(/status=126/);
    terminal.enter('hello');
    await terminal.sees(/^<hello>/m);
  });

  it('shows and logs the output of a command that has the terminal', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run --log log -- sh -c 'echo question; read x; echo "<$x>"'`);
    await terminal.sees(/^question/m);
    terminal.enter('hello');
    await terminal.sees(/^<hello>/m);
    await terminal.sees(PROMPT);
    expect(inFile('log')).toBe('question\n<hello>\n');
  });

  it('ignores Ctrl-Z when no shell could continue it', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(
      `script -qc '${command('run')} -- sh -c "echo started; read x; echo \\"<\\$x>\\""' /dev/null`,
    );
    await terminal.sees(/^started/m);
    terminal.press('C-z');
    await terminal.sees(/^\^Z/m);
    terminal.enter('hello');
    await terminal.sees(/^<hello>/m);
  });

  it('ends with the terminal', async () => {
    const terminal = await Terminal.open();
    try {
      terminal.enter(`sw run -- sh -c 'echo $$ > pid; echo started; exec sleep 1000'`);
      await terminal.sees(/^started/m);
    } finally {
      await terminal[Symbol.asyncDispose]();
    }
    await until(() => !isAlive(Number(inFile('pid'))));
  });

  it('runs an interactive shell with jobs of its own', async () => {
    await using terminal = await Terminal.open();
    terminal.enter(`sw run -- env PS1='inner> ' bash --norc -i`);
    await terminal.sees(/inner>$/);
    terminal.enter('sleep 1000');
    await terminal.sees(/sleep 1000$/);
    await terminal.pressUntil('C-z', /Stopped.*\n+inner>$/);
    terminal.enter('fg');
    await terminal.sees(/fg\nsleep 1000$/);
    await terminal.pressUntil('C-c', /inner>$/);
    terminal.enter('exit 7');
    await terminal.sees(PROMPT);
    terminal.enter('echo status=$?');
    await terminal.sees(/status=7/);
  });
});
