/** Bad input, and processes that change, hide or pretend while they are looked at. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DoctorError, diagnose, describe as inWords, judge, takeSnapshot } from '../../src/doctor/index.js';
import { snapshotFrom } from '../../src/doctor/snapshot/index.js';
import { type ProcFiles, procFiles } from '../../src/system/index.js';
import { endHanging, foundIn, type Hanging, python, startHanging } from '../helpers/hanging.js';
import { checkForLeaks, openDescriptors, until } from '../helpers/leaks.js';
import { stateOf } from '../helpers/processes.js';
import { childProgram, notRoot } from '../helpers/programs.js';

checkForLeaks();
endHanging();

const NO_SOCKETS = () => undefined;

/** /proc as it is, but for what is told otherwise. */
function proc(changes: Partial<ProcFiles>): ProcFiles {
  const real = procFiles();
  return {
    text: (path) => real.text(path),
    link: (path) => real.link(path),
    access: (path) => real.access(path),
    links: (path) => real.links(path),
    names: (path) => real.names(path),
    bytes: (path, at, length) => real.bytes(path, at, length),
    get failure() {
      return real.failure;
    },
    ...changes,
  };
}

function untilAsleep({ pid }: Hanging): Promise<void> {
  return until(() => stateOf(pid) === 'S');
}

/** A pid that is free now. */
function freePid(): number {
  return Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')) - 1;
}

describe('The doctor, for a process', () => {
  it('that does not exist, throws an error with its pid', async () => {
    const error = await diagnose({ pids: [freePid()] }).catch((e) => e);
    expect(error).toBeInstanceOf(DoctorError);
    expect(error).toMatchObject({
      code: 'ERR_DOCTOR_NO_PROCESS',
      message: `there is no process ${freePid()}`,
    });
  });

  it('that is named by the number of a thread, looks at the process', async () => {
    const child = startHanging('python3', [childProgram('crowd.py'), 'threads', '3']);
    let threads: number[] = [];
    await until(() => {
      threads = procFiles().names(`${child.pid}/task`)?.map(Number) ?? [];
      return threads.length === 4;
    });
    expect(takeSnapshot({ pids: [threads.at(-1) as number] }).roots).toEqual([child.pid]);
  });

  it('that ends between two reads, leaves it out', () => {
    const { pid } = startHanging('sleep', ['1000']);
    const real = procFiles();
    const gone = proc({ text: (path) => (path === `${pid}/status` ? undefined : real.text(path)) });
    const snapshot = snapshotFrom({ proc: gone, sockets: NO_SOCKETS }, { pids: [pid] });
    expect(snapshot.processes.filter((one) => one.pid === pid)).toEqual([]);
    expect(judge([snapshot])).toMatchObject({ state: 'healthy', findings: [] });
  });

  it('that ends between two scans, no longer calls it hung', async () => {
    const child = python('unread_output');
    await foundIn(child.pid, 'deadlock');
    const first = takeSnapshot({ pids: [child.pid] });
    child.kill('SIGKILL');
    await until(() => stateOf(child.pid) === undefined);
    const last = takeSnapshot({ pids: [child.pid], mayHaveEnded: true });
    expect(judge([first, last])).toMatchObject({ state: 'healthy', findings: [], ended: [child.pid] });
  });

  it('whose pid passes to another process, does not confuse the two', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const [first, last] = [takeSnapshot({ pids: [pid] }), takeSnapshot({ pids: [pid] })];
    const reused = {
      ...last,
      monotonicMs: first.monotonicMs + 1000,
      processes: last.processes.map((one) => ({ ...one, startTime: `${one.startTime}1` })),
    };
    expect(judge([first, reused])).toMatchObject({ findings: [], ended: [pid] });
  });

  it('with 10,000 descriptors, looks at it', async () => {
    const { pid } = startHanging('python3', [childProgram('crowd.py'), 'descriptors', '10000']);
    await until(() => (procFiles().names(`${pid}/fd`)?.length ?? 0) > 10_000);
    const { processes } = takeSnapshot({ pids: [pid] });
    expect(processes.find((one) => one.pid === pid)?.descriptors?.length).toBeGreaterThan(10_000);
    expect(await diagnose({ pids: [pid] })).toMatchObject({ state: 'healthy' });
  });

  it('with 1,000 threads, looks at it', async () => {
    const { pid } = startHanging('python3', [childProgram('crowd.py'), 'threads', '1000']);
    await until(() => (procFiles().names(`${pid}/task`)?.length ?? 0) > 1000);
    const { processes } = takeSnapshot({ pids: [pid] });
    expect(processes.find((one) => one.pid === pid)?.threads).toHaveLength(1001);
    expect(await diagnose({ pids: [pid] })).toMatchObject({ state: 'healthy' });
  });

  it('with control characters in its name, escapes them', async () => {
    const { pid } = startHanging('python3', [childProgram('crowd.py'), 'name', 'a\n) R[1]\x1b[2J']);
    const finding = await foundIn(pid, 'self-deadlock');
    const [wait] = finding.waits;
    expect(wait?.process).toMatchObject({ name: 'a\n) R[1]\x1b[2J', pid });
    const text = inWords(await diagnose({ pids: [pid] }));
    expect(text).toContain(`a\\n) R\\x5b1\\x5d\\x1b\\x5b2J[${pid}]`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);
  });

  it.skipIf(notRoot)('in another pid namespace, uses the pids of that namespace', async () => {
    const { pid } = startHanging('unshare', [
      '--pid',
      '--fork',
      'python3',
      childProgram('hang.py'),
      'unread_output',
    ]);
    const finding = await foundIn(pid, 'deadlock');
    expect(finding.waits.map(({ action }) => action).sort()).toEqual(['exit', 'write']);
    expect(finding.confidence).toBe('certain');
  });
});

describe('What the doctor may not read', () => {
  const uid = 65_534;

  it.skipIf(notRoot)('is listed with what helps, for another user', async () => {
    const child = startHanging('sleep', ['1000']);
    await untilAsleep(child);
    const code = `
      const { describe, diagnose } = await import(process.argv[1]);
      process.setgid(${uid}); process.setuid(${uid});
      const diagnosis = await diagnose({ pids: [${child.pid}] });
      console.log(diagnosis.state); console.log(describe(diagnosis));`;
    const library = new URL('../../dist/doctor/index.js', import.meta.url).href;
    const text = execFileSync(process.execPath, ['--input-type=module', '-e', code, library], {
      encoding: 'utf8',
    });
    expect(text).toMatch(/^unclear\nCould not tell/);
    expect(text).toContain(
      `Could not read what 1 process does (sleep[${child.pid}]). To see more: look as root`,
    );
  });

  it.skipIf(notRoot)('does not keep a user from their own processes', async () => {
    const child = startHanging('python3', ['-c', UNREAD], { uid, gid: uid, cwd: '/' });
    await foundIn(child.pid, 'deadlock');
    const code = `
      const { diagnose } = await import(process.argv[1]);
      process.setgid(${uid}); process.setuid(${uid});
      const { state, findings } = await diagnose({ pids: [${child.pid}] });
      console.log(state, findings.map(({ kind, confidence }) => kind + ' ' + confidence).join());`;
    const library = new URL('../../dist/doctor/index.js', import.meta.url).href;
    const text = execFileSync(process.execPath, ['--input-type=module', '-e', code, library], {
      encoding: 'utf8',
    });
    expect(text).toMatch(/^hung deadlock (?:certain|likely)\n$/);
  });

  it('makes a deadlock only possible, when ptrace_scope hides the calls', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const real = procFiles();
    let failure = '';
    const hidden = proc({
      text: (path) => {
        failure = '';
        if (path === 'sys/kernel/yama/ptrace_scope') return '1\n';
        if (!path.endsWith('/syscall')) return real.text(path);
        failure = 'EPERM';
        return undefined;
      },
      get failure() {
        return failure || real.failure;
      },
    });
    const look = () => snapshotFrom({ proc: hidden, sockets: NO_SOCKETS }, { pids: [pid] });
    const [first, second] = [look(), look()];
    const diagnosis = judge([first, { ...second, monotonicMs: first.monotonicMs + 200 }]);
    expect(diagnosis.state).toBe('unclear');
    expect(diagnosis.findings).toMatchObject([{ kind: 'deadlock', confidence: 'possible' }]);
    expect(inWords(diagnosis)).toContain('ptrace_scope is 1');
  });
});

describe('The doctor', () => {
  it('says so on a machine without /proc', () => {
    for (const names of [undefined, [] as string[], ['self', 'version']]) {
      const empty = proc({ names: () => names });
      expect(() => snapshotFrom({ proc: empty, sockets: NO_SOCKETS })).toThrow(
        /there is no \/proc with processes/,
      );
    }
  });

  it('guesses the ends of sockets on a machine that does not report them', async () => {
    const { pid } = python('both_read');
    await foundIn(pid, 'deadlock');
    const look = () => snapshotFrom({ proc: procFiles(), sockets: NO_SOCKETS }, { pids: [pid] });
    const [first, second] = [look(), look()];
    const { findings } = judge([first, { ...second, monotonicMs: first.monotonicMs + 200 }]);
    // Where their numbers do not stand alone nothing is guessed, and nothing said.
    if (first.sockets.some(({ peer }) => peer !== undefined))
      expect(findings).toMatchObject([{ kind: 'deadlock', confidence: 'likely' }]);
    else expect(findings).toEqual([]);
  });

  it('keeps no descriptor, and neither stops nor wakes a process', async () => {
    const { pid } = python('unread_output');
    await foundIn(pid, 'deadlock');
    const before = openDescriptors();
    const first = takeSnapshot({ pids: [pid] });
    for (let look = 0; look < 20; look++) takeSnapshot({ pids: [pid] });
    const last = takeSnapshot({ pids: [pid] });
    expect(openDescriptors()).toEqual(before);
    const progress = (snapshot: typeof first) =>
      snapshot.processes.filter(({ isInTree }) => isInTree).map(({ pid, threads }) => [pid, threads]);
    expect(progress(last)).toEqual(progress(first));
    expect(last.pipes).toEqual(first.pipes);
  });
});

const UNREAD =
  'import subprocess; write = "import os; os.write(1, b\'x\' * 200000)"; ' +
  'subprocess.Popen(["python3", "-c", write], stdout=subprocess.PIPE).wait()';
