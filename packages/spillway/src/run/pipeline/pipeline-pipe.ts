/** The pipe between two commands: theirs alone, so that the end of one is the end of input, or SIGPIPE, for the other. */
import { fstatSync } from 'node:fs';
import { explainStart } from '../../process/index.js';
import { createPipe, openedByNode, type PipeEnds, setPipeCapacity } from '../../system/index.js';
import { closeAll } from '../output-plan.js';
import type { Plan } from '../plan.js';

/** Puts a pipe between the first two of the plans, which own its ends from then on. Returns its inode. */
export function connect(plans: Plan[], capacity: number | undefined): number {
  const [first, next] = plans as [Plan, Plan];
  const { read, write } = openPipe(first.settings.file, capacity);
  plans[0] = {
    ...first,
    stdout: { ...first.stdout, stdio: { kind: 'descriptor', fd: write }, opened: [write] },
  };
  plans[1] = {
    ...next,
    stdin: { stdio: { kind: 'descriptor', fd: read }, source: undefined, opened: [read] },
  };
  return fstatSync(read).ino;
}

function openPipe(file: string, capacity: number | undefined): PipeEnds {
  let ends: PipeEnds | undefined;
  try {
    ends = openedByNode(createPipe('making a pipe to the next command'));
    if (capacity !== undefined) setPipeCapacity(ends.write, capacity);
    return ends;
  } catch (error) {
    if (ends) closeAll([ends.read, ends.write]);
    throw explainStart(error, { file });
  }
}
