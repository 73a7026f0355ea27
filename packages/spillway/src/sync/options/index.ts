/** What callers ask for. */
export {
  type Address,
  baseOf,
  type DaemonAddress,
  farShellOf,
  type LocalAddress,
  nameOfAddress,
  parseAddress,
  type RemoteAddress,
  type ShellAddress,
} from './address.js';
export type { Extras } from './extras.js';
export { OPTION_NAMES, type SyncOptions } from './options.js';
export { readSettings, type Settings } from './settings.js';
