/** docs/cli.md: the help of each command, as it prints it, and what its exit status says. */
import { wrapped } from './render.js';

/** For each status what it says, by command; a command without a word here does not use it. */
const STATUSES = [
  [
    '0',
    {
      run: 'the command exited with 0',
      timeout: 'the command exited with 0',
      doctor: 'nothing hangs',
      sync: 'done',
      lab: 'nothing differs that the library relies on',
      every: 'the schedule has no further time',
      job: 'done; `job wait`: all of them have succeeded',
      worker: 'it has ended in order',
    },
  ],
  [
    '1',
    {
      run: "the command's own",
      timeout: "the command's own",
      doctor: 'something hangs',
      sync: 'failed after its retries',
      lab: 'something differs that the library relies on',
      job: "not done, for the reason that is told; `job wait`: the command's own",
    },
  ],
  [
    '2',
    {
      run: "the command's own",
      timeout: "the command's own",
      doctor:
        'no verdict: no /proc, no such process, an unreadable process, an invalid snapshot, a file that ' +
        'cannot be written, a wrong option',
      sync: 'a wrong option, or refused before anything was changed',
      lab: 'a wrong option, or a file that cannot be written',
      job: "a wrong option, no such job, or no package spillway-jobs; `job wait`: also the command's own",
      worker: 'a wrong option, or no package spillway-jobs',
    },
  ],
  ['3', { run: "the command's own", timeout: "the command's own", sync: 'partial: some files are missing' }],
  [
    '69',
    {
      run: "the command's own",
      timeout: "the command's own",
      job: 'the database cannot be reached or used',
      worker: 'the database cannot be reached or used',
    },
  ],
  [
    '75',
    {
      run: "the command's own",
      timeout: "the command's own",
      sync: 'another sync to the same destination runs',
      job: '`job wait`: lost, skipped, or not finished in time',
    },
  ],
  [
    '124',
    {
      run: 'a timeout or an idle timeout ended it',
      timeout: "the time was up; with `-p` the command's own",
      sync: 'timed out or stalled',
      job: '`job wait`: the command timed out',
    },
  ],
  [
    '125',
    {
      run: 'spillway itself failed, or an option is wrong',
      timeout: 'timeout itself failed, or an option is wrong',
      every: 'spillway itself failed, or an option is wrong',
      job: 'spillway itself failed',
      worker: 'spillway itself failed',
    },
  ],
  [
    '126',
    {
      run: 'the command cannot be executed',
      timeout: 'the command cannot be executed',
      sync: 'rsync cannot be used',
    },
  ],
  [
    '127',
    {
      run: 'the command is not found',
      timeout: 'the command is not found',
      sync: 'no rsync',
      job: '`job wait`: the command could not be started',
    },
  ],
  [
    '128+n',
    {
      run: 'signal n ended the command; 141 also when the reader of its output is gone',
      timeout:
        '137 when the command, or timeout itself, was sent KILL; with `-p` when signal n ended the ' +
        'command. ' +
        'A signal that ends the command before the time is up ends timeout, too, which shells show as 128+n',
      sync: 'signal n ended the sync in order',
      every: 'signal n ended it, and its command, in order',
      job: 'signal n ended it; `job wait`: also the command; 143: the job was stopped',
      worker: 'a second signal n ended it at once',
    },
  ],
  [
    'any other',
    { run: "the command's own", timeout: "the command's own", job: "`job wait`: the command's own" },
  ],
];

/** @param {import('./compiled.js').Compiled} compiled */
export function cliPage({ print }) {
  const all = print('--help');
  const names = commandsIn(all);
  for (const name of names)
    if (!Object.hasOwn(STATUSES[0][1], name)) throw new Error(`say in scripts/docs/cli.js how ${name} exits`);
  const rows = STATUSES.map(
    ([status, by]) => `| ${status} | ${names.map((name) => by[name] ?? '–').join(' | ')} |`,
  );
  return `${[
    '# Command line',
    '<!-- Written by npm run docs:pages from what the commands print. -->',
    wrapped(
      'What each command prints with `--help`. The [guide](guide.md#on-the-command-line) has examples, ' +
        '[doctor.md](doctor.md) all that `spillway doctor` finds.',
    ),
    block(all),
    '## Exit statuses',
    [
      `| status | ${names.map((name) => `\`spillway ${name}\``).join(' | ')} |`,
      `|---|${names.map(() => '---|').join('')}`,
      ...rows,
    ].join('\n'),
    wrapped(
      '`spillway --help` and `--version` exit with 0; `spillway` without a command that it knows exits ' +
        'with 125.',
    ),
    ...names.flatMap((name) => sectionsOf(name, print)),
  ].join('\n\n')}\n`;
}

/** The names under `Commands:`. */
function commandsIn(help) {
  const start = help.indexOf('Commands:');
  const list = start < 0 ? '' : help.slice(start);
  return [...list.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name).filter((name) => name !== 'help');
}

function sectionsOf(name, print) {
  const help = print(name, '--help');
  const note = ['job', 'worker'].includes(name)
    ? [wrapped('It needs the package spillway-jobs: `npm install spillway-jobs`.')]
    : [];
  const more = commandsIn(help).flatMap((one) => [
    `### spillway ${name} ${one}`,
    block(print(name, one, '--help')),
  ]);
  return [`## spillway ${name}`, ...note, block(help), ...more];
}

function block(text) {
  return `\`\`\`\n${text.trimEnd()}\n\`\`\``;
}
