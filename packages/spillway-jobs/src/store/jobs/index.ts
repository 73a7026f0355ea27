/** Jobs as users see them. */
export { changes, lastAttempt } from './changes.js';
export { release } from './dependents.js';
export { INFO_COLUMNS, type JobRow } from './job-row.js';
export { add, clean, get, list, retry, stop } from './jobs.js';
export { groupLimits, setGroupLimit } from './limits.js';
export { NO_CONTEXT } from './notes.js';
export { skipOverdue } from './overdue.js';
export { infoOf, type SpecRow, specOf } from './rows.js';
export { addSchedule, removeSchedule, runSchedules, schedules } from './schedules.js';
