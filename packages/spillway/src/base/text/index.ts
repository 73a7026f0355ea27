/** Text for people and for the system: safe to show, quoted for a shell, exact in its bytes. */
export { counted, formatBytes, formatCount } from './amounts.js';
export { clippedTo, columnsOf } from './columns.js';
export { bytesOf, exactPath, exactWord, isWellFormed, mayBeInexact, textOf } from './exact-text.js';
export { wrapped, xmlText } from './markup.js';
export { clipped, safe, safeJson, safeLine, safeLines, safeName } from './safe-text.js';
export { shellWord } from './shell-word.js';
export { valueIn } from './variables.js';
