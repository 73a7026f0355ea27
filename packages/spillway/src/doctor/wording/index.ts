/** Diagnoses as text. */
export { type DescribeOptions, describe, describeFinding, describeWaits, headlines } from './describe.js';
export {
  commandLine,
  list,
  ofItself,
  processes,
  stream,
  terminalPath,
  who,
  whoInFull,
} from './names.js';
export { describeOver } from './over.js';
export { sentence } from './wait-lines.js';
