/** The words for what was found. */
export { describe } from './describe.js';
export { safe, safeName } from './safe-text.js';
