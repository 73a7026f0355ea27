/** The command line of the replay. */
import { parseArgs } from 'node:util';

const MOST_FILES = 1_000_000;

const HELP = `Replays the incident: rsync under a parent that waits and does not read, then the
same command under Spillway, and the same files by spillway sync.

usage: npm start -- [options]

  --files N        how many files to make and copy, 1 to 1000000 (default 10000)
  --parent NAME    what the naive parent is written in: python3 (the default,
                   where it is installed) or node
  --keep           keep the temporary folder with the files and both copies
  -h, --help       show this text`;

export class UsageError extends Error {}

/**
 * @typedef {import('./naive.js').ParentName} ParentName
 * @typedef {{ help: null, files: number, parent: ParentName | null, keep: boolean }} Options
 * @param {string[]} argv
 * @returns {{ help: string } | Options}
 */
export function readArguments(argv) {
  const values = parse(argv);
  if (values.help) return { help: HELP };
  return { help: null, files: fileCount(values.files), parent: parentName(values.parent), keep: values.keep };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        files: { type: 'string', default: '10000' },
        parent: { type: 'string' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    // Node's first sentence names the option; what follows is about option syntax in general.
    const [sentence] = /** @type {Error} */ (error).message.split(/\.\s|\n/);
    throw new UsageError(`${sentence.replace(/\.$/, '')}. See --help.`);
  }
}

/** @param {string} text */
function fileCount(text) {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_FILES) return count;
  throw new UsageError(`--files must be a whole number from 1 to 1000000, not "${text}".`);
}

/** @param {string | undefined} name */
function parentName(name) {
  if (name === undefined) return null;
  if (name === 'python3' || name === 'node') return name;
  throw new UsageError(`--parent must be python3 or node, not "${name}".`);
}
