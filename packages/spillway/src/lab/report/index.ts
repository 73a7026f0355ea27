/** Outcomes as text, JSON and a page. */
export { claimsText } from './claims-table.js';
export { type Host, host, hostLine } from './host.js';
export { page } from './page.js';
export { listText, outcomeText, summaryText, type TableOptions } from './table.js';
