/** What every part needs. */
export { messageOf, safeOneLine } from './text.js';
