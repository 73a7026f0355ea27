/** The names of the options, and checks that commands alone need. */
import { isPlain, OptionError } from '../../base/index.js';

const KNOWN = new Set([
  'cwd',
  'env',
  'inheritEnv',
  'stdin',
  'stdout',
  'stderr',
  'memory',
  'spillDirectory',
  'outputLimit',
  'timeout',
  'idleTimeout',
  'diagnose',
  'terminate',
  'signal',
  'check',
  'leftovers',
  'guard',
  'limits',
  'nice',
  'pipeCapacity',
  'pty',
  'channels',
  'encoding',
  'uid',
  'gid',
]);

/** What users of other libraries reach for. */
const ALIASES: Readonly<Record<string, string>> = {
  killSignal: 'terminate: { signal }',
  forceKillAfterDelay: 'terminate: { grace }',
  maxBuffer: 'outputLimit',
  input: 'stdin',
  inputFile: 'stdin: { file }',
  reject: 'check',
  cancelSignal: 'signal',
  cleanup: 'guard',
  detached: "guard: false, with leftovers: 'leave'",
  extendEnv: 'inheritEnv',
  stdio: 'stdin, stdout and stderr',
  shell: "run('sh', ['-c', text])",
};

export function requireKnown(options: unknown): void {
  if (!isPlain(options)) throw new OptionError('options', options, 'an object');
  for (const name of Object.keys(options)) {
    if (KNOWN.has(name)) continue;
    const hint = ALIASES[name];
    throw new OptionError(
      'options',
      name,
      hint ? `here this is ${hint}` : [...KNOWN].join(', '),
      'has the unknown option',
    );
  }
}

/** The number of a user or group; 2^32 - 1 means "unchanged" to the kernel (setresuid(2)). */
export function requireId(option: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32 - 1) return value;
  throw new OptionError(option, value, 'a whole number from 0 to 4294967294; names are looked up with `id`');
}

/** C strings end at a NUL, so one inside would cut the text without a word. */
export function withoutNul(option: string, value: string): string {
  if (value.includes('\0'))
    throw new OptionError(option, value, 'text without NUL characters, which no program can be given');
  return value;
}
