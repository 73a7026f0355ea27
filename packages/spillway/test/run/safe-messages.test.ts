/** What other programs wrote, and names that a caller passes on, in messages that reach a terminal. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { safeJson, safeLines } from '../../src/base/index.js';
import { duplex } from '../../src/channel.js';
import { pipeline, run, start } from '../../src/index.js';
import { errorOf } from '../helpers/errors.js';
import { checkForLeaks, scratchDirectory } from '../helpers/leaks.js';

checkForLeaks();

/** Escape codes, one inside another, C1, an APC string, marks of direction, a carriage return, DEL. */
const HOSTILE = '\x1b[3\x1b[31m1mred\x1b[2J\x9b31m\x9dtitle\x9c\x1b_apc\x1b\\\u202egnp.exe\u2066\u200b\x7f\b';
/** What a terminal acts on, or does not show, but for newlines and tabs. */
const ACTS = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

const failureOf = (pending: Promise<unknown>) => errorOf(pending, Error);

const failing = ['sh', ['-c', 'printf "%s\\n" "$0" >&2; exit 3', HOSTILE]] as const;

describe('a message has no character that a terminal acts on:', () => {
  it('of a command that failed, in its words and in its arguments', async () => {
    for (const options of [{}, { encoding: 'latin1' }, { encoding: 'buffer' }] as const) {
      const error = await failureOf(run(...failing, options));
      expect(error.message).not.toMatch(ACTS);
      expect(error.stack).not.toMatch(ACTS);
      expect(error.message).toContain('red');
    }
  });

  it('of a pipeline, of an abort with a reason, and of a function that threw', async () => {
    const [file, args] = failing;
    expect((await failureOf(pipeline([[file, ...args], ['cat']]))).message).not.toMatch(ACTS);
    const aborting = new AbortController();
    const child = start('sleep', ['1000'], { signal: aborting.signal });
    aborting.abort(new Error(HOSTILE));
    expect((await failureOf(child.result)).message).not.toMatch(ACTS);
    const stdout = () => {
      throw new Error(HOSTILE);
    };
    expect((await failureOf(run('echo', ['a'], { stdout }))).message).not.toMatch(ACTS);
  });

  it('of a start that failed: program, PATH, directory, interpreter', async () => {
    const script = join(scratchDirectory(), 'script');
    writeFileSync(script, `#!/no/${HOSTILE.replaceAll('\n', '')}\n`, { mode: 0o755 });
    const directory = mkdtempSync(join(scratchDirectory(), 'a\u202e\n'));
    const starts = [
      run(`/no/${HOSTILE}`),
      run(HOSTILE),
      run('nosuch', [], { env: { PATH: `/${HOSTILE}:/b\nforged` } }),
      run('true', [], { cwd: `/no/${HOSTILE}` }),
      run('true', [], { stdin: { file: `/no/${HOSTILE}` } }),
      run(script),
      run(directory),
    ];
    for (const { message } of await Promise.all(starts.map(failureOf))) expect(message).not.toMatch(ACTS);
  });

  it('of an option', async () => {
    for (const options of [{ [HOSTILE]: 1 }, { stdin: HOSTILE }, { env: { [HOSTILE]: 5 } }])
      expect((await failureOf(run('true', [], options as never))).message).not.toMatch(ACTS);
  });

  it('of the other side of a channel', async () => {
    const [ours, theirs] = duplex();
    theirs.serve({
      fail: () => {
        throw Object.assign(new Error(HOSTILE), { name: HOSTILE });
      },
    });
    const error = await failureOf(ours.call('fail'));
    expect(`${error.message}${error.name}${error.stack}`).not.toMatch(ACTS);
    expect((error as { remoteMessage?: string }).remoteMessage).toBe(HOSTILE);
    ours.close();
    theirs.close();
  });
});

describe('the last words of a command', () => {
  it('keep the lines, tabs and backslashes that it wrote', async () => {
    const words = 'C:\\dir\tx\nsecond';
    const error = await failureOf(run('sh', ['-c', 'printf "%s\\n" "$0" >&2; exit 1', words]));
    expect(error.message).toMatch(/\n {2}C:\\dir\tx\n {2}second$/);
  });

  it('show of a line that was written over the last version', async () => {
    const error = await failureOf(
      run('sh', ['-c', 'printf "1%%\\r50%%\\r99%%\\r\\nlost\\r\\n" >&2; exit 1']),
    );
    expect(error.message).toMatch(/\n {2}99%\n {2}lost$/);
  });
});

it('JSON with such characters stays the same JSON', () => {
  const value = { [HOSTILE]: [HOSTILE, '\u{e0001}', 'plain \\ "text"'] };
  const json = safeJson(JSON.stringify(value));
  expect(json).not.toMatch(ACTS);
  expect(JSON.parse(json)).toEqual(value);
  expect(safeLines('a\tb\\\nc')).toBe('a\tb\\\nc');
});
