/** The commands of `spillway job`. */
export { addCommand, type RawAddOptions } from './add.js';
export {
  cleanCommand,
  type RawCleanOptions,
  type RawStopOptions,
  retryCommand,
  stopCommand,
} from './change.js';
export { limitCommand } from './limit.js';
export { listCommand, type RawListOptions } from './list.js';
export { logCommand, type RawLogOptions } from './log.js';
export { migrateCommand, type RawMigrateOptions } from './migrate.js';
export { schedulesCommand, unscheduleCommand } from './schedules.js';
export { type RawWaitOptions, waitCommand } from './wait.js';
export { whyCommand } from './why.js';
