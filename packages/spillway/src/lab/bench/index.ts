/** What the experiments share. */
export { requireProc, sleepOf, stateOf } from './asleep.js';
export { endRaw, exited, killWord, startRaw } from './children.js';
export { eventually, pause, turn } from './conditions.js';
export { drain, fill, readWord, requireSettable, resultOf, writeWord } from './ends.js';
export { becomeOverflowUser, withoutPrivilege } from './privilege.js';
export { has, need } from './programs.js';
