/** Shows commands as they start and end, as a shell does with `set -x`. */
import { clipped, formatDuration, Stopwatch, safeLines } from '../base/index.js';
import { above } from '../stream/index.js';

/** Prints `+ command` to stderr. What it returns, given a result or an error, prints how long it took. */
export function echoStart(command: string): (end: unknown) => void {
  const time = new Stopwatch();
  const shown = safeLines(command);
  const name = clipped(shown.replace(/\n[\s\S]*/, ' …'), 60);
  above(() => process.stderr.write(`+ ${shown}\n`));
  return (end) => {
    const how = (end as { ok?: unknown } | undefined)?.ok === true ? '' : 'failed after ';
    const took = `# ${how}${formatDuration(time.elapsedMs)}`;
    above(() => process.stderr.write(`+ ${name}  ${took}\n`));
  };
}
