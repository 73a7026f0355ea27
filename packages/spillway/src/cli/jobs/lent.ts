/**
 * What the commands of spillway-jobs use of this command line: its words, its output, its signals. It is lent
 * to them, so that they write and end as `spillway run` does, and no second list of unsafe characters exists.
 */
import {
  absolutePath,
  clippedTo,
  columnsOf,
  counted,
  formatBytes,
  formatCount,
  formatDuration,
  parseDuration,
  safe,
  safeJson,
  safeLine,
  safeLines,
  shellWord,
} from '../../base/index.js';
import { endWith } from '../exit-status.js';
import { passSignalsTo } from '../forward-signals.js';
import { say, writeLine } from '../messages.js';
import { writeAll } from '../pass-through.js';

export const lent = {
  absolutePath,
  clippedTo,
  columnsOf,
  counted,
  formatBytes,
  formatCount,
  formatDuration,
  parseDuration,
  safe,
  safeJson,
  safeLine,
  safeLines,
  shellWord,
  endWith,
  passSignalsTo,
  say,
  writeAll,
  writeLine,
};
