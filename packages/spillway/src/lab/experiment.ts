/**
 * What an experiment is: a question to this machine, and what is written about the answer. It runs in a
 * process of its own, so it may block, change its signals or give up its user.
 */
import type { Notes } from './notes.js';

/** The groups in the order of the table, with their titles. */
export const GROUPS = {
  reading: 'reading and writing',
  capacity: 'capacity',
  atomicity: 'atomicity',
  'read-size': 'read size',
  deadlocks: 'deadlocks',
  life: 'life and death',
  cost: 'cost',
} as const;

export type Group = keyof typeof GROUPS;

/** What stands in the list and in every report. */
export interface Description {
  readonly name: string;
  readonly group: Group;
  readonly question: string;
  readonly steps: readonly string[];
  /** In one sentence; the checks have it in single values. */
  readonly expected: string;
  /** Where that is written: POSIX, a manual page, a document of the kernel. */
  readonly source: string;
  /** What of the library relies on it; undefined for what is merely worth knowing. */
  readonly relied?: string;
  /** What follows for the user. */
  readonly follows: string;
}

export interface Experiment extends Description {
  /** After this time its process is ended. Default: 30 s. */
  readonly limitMs?: number;
  readonly perform: (notes: Notes) => void | Promise<void>;
}
