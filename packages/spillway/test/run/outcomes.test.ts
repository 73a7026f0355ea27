/** Results when several things happen at once: the table of the precedence, each line with a real child. */
import { describe, expect } from 'vitest';
import { RunError, type RunOptions, run } from '../../src/index.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { sideBySide } from '../helpers/side-by-side.js';

checkForLeaks();

const it = sideBySide(8);

interface Outcome {
  readonly reason: string;
  readonly ok: boolean;
  readonly exitCode?: number;
  readonly signal?: string;
}

const onTerm = (act: string) => `trap '${act}' TERM; echo ready; while :; do sleep 0.05; done`;

const cases: [what: string, script: string, options: RunOptions, outcome: Outcome][] = [
  ['exit 0', 'exit 0', {}, { reason: 'exit', ok: true, exitCode: 0 }],
  ['another exit code', 'exit 3', {}, { reason: 'exit', ok: false, exitCode: 3 }],
  ['an exit code above 128', 'exit 143', {}, { reason: 'exit', ok: false, exitCode: 143 }],
  ['a crash', 'kill -SEGV $$', {}, { reason: 'signal', ok: false, signal: 'SIGSEGV' }],
  [
    'a crash before the timeout',
    'kill -ABRT $$',
    { timeout: '1h' },
    { reason: 'signal', ok: false, signal: 'SIGABRT' },
  ],
  [
    'exit 0 after a timeout',
    onTerm('exit 0'),
    { timeout: 700 },
    { reason: 'timeout', ok: false, exitCode: 0 },
  ],
  [
    'an exit code after a timeout',
    onTerm('exit 9'),
    { timeout: 700 },
    { reason: 'timeout', ok: false, exitCode: 9 },
  ],
  [
    'a crash after a timeout',
    onTerm('kill -SEGV $$'),
    { timeout: 700 },
    { reason: 'timeout', ok: false, signal: 'SIGSEGV' },
  ],
  [
    'SIGKILL by Spillway after a timeout',
    onTerm(''),
    { timeout: 700, terminate: { grace: 100 } },
    { reason: 'timeout', ok: false, signal: 'SIGKILL' },
  ],
  [
    'silence before the timeout',
    'sleep 20',
    { timeout: '1h', idleTimeout: 300 },
    { reason: 'idle', ok: false, signal: 'SIGTERM' },
  ],
  [
    'a timeout before the silence',
    'sleep 20',
    { timeout: 300, idleTimeout: '1h' },
    { reason: 'timeout', ok: false, signal: 'SIGTERM' },
  ],
  [
    'the output limit before the timeout',
    'yes',
    { timeout: '1h', outputLimit: 10 },
    { reason: 'output-limit', ok: false, signal: 'SIGTERM' },
  ],
  [
    'more output after the output limit',
    'trap "yes | head -c 100000; exit 4" TERM; echo more than ten; while :; do sleep 0.05; done',
    { outputLimit: 10 },
    { reason: 'output-limit', ok: false, exitCode: 4 },
  ],
  ['input that is not read', 'exit 0', { input: 'x'.repeat(1e6) }, { reason: 'exit', ok: true, exitCode: 0 }],
  [
    'input that is not read, and another exit code',
    'exit 3',
    { input: 'x'.repeat(1e6) },
    { reason: 'exit', ok: false, exitCode: 3 },
  ],
  [
    'an error of this program, and a signal',
    'yes',
    {
      stdout: () => {
        throw new Error('mine');
      },
    },
    { reason: 'error', ok: false, signal: 'SIGTERM' },
  ],
];

describe.each(cases)('For "%s", the outcome', (_what, script, options, outcome) => {
  it('is in the result, and in the error that carries it', async () => {
    const error = await run('sh', ['-c', script], options).catch((e) => e);
    const result = outcome.ok ? error : error.result;
    if (!outcome.ok) expect(error).toBeInstanceOf(RunError);
    expect(result).toMatchObject({ exitCode: undefined, signal: undefined, ...outcome });
  });

  it('does not reject with check: false, except for an error of this program', async () => {
    const settled = await run('sh', ['-c', script], { ...options, check: false }).catch((e) => e);
    expect(settled instanceof RunError).toBe(outcome.reason === 'error');
  });
});
