/** `$`: commands as templates, without a shell. */
export { $, type Dollar, type ShellTag, type SyncShellTag, type SyncTag } from './dollar.js';
export type { TemplateValue } from './values.js';
