/** Outcomes as text, JSON and a page. */
export { type Host, host, hostLine } from './host.js';
export { listText, outcomeText, summaryText, type TableOptions } from './table.js';
