/** The words for what was found. */
export { describe, describeWaits } from './describe.js';
export { safe, safeName } from './safe-text.js';
