/**
 * The picture before it becomes DOT: boxes with lines of text, and arrows between them. Names in the texts
 * have passed `safe`; dot.ts adds the escaping for DOT and XML.
 */

/** `'hang'`: part of a hang. `'stuck'`: waits for a hanging process. `'remark'`: part of another finding. */
export type Role = 'hang' | 'stuck' | 'remark' | 'plain';

export interface Picture {
  /** The verdict. */
  readonly title: readonly string[];
  /** The confidence, and the time of the snapshot. */
  readonly subtitle: readonly string[];
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
  /** The legend, and counts of what was left out. */
  readonly notes: readonly string[];
}

export interface Box {
  /** Shown as a tooltip: `process 4711`, `pipe 2`. */
  readonly id: string;
  /** A thing is shared by processes: a pipe, a terminal, a lock. */
  readonly kind: 'process' | 'thing';
  readonly role: Role;
  readonly lines: readonly Line[];
  /** How full a pipe is, from 0 to 1. */
  readonly fill?: number;
}

export interface Line {
  readonly text: string;
  readonly look: 'name' | 'command' | 'plain';
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** `'wait'`: from a waiter to its target. `'flow'`: direction of data. `'child'`: from parent to child. */
  readonly kind: 'wait' | 'flow' | 'child';
  readonly role: Role;
  readonly isTwoWay?: true;
  readonly label: string;
}

const RANKS: readonly Role[] = ['plain', 'remark', 'stuck', 'hang'];

export function strongest(one: Role, other: Role): Role {
  return rank(one) > rank(other) ? one : other;
}

export function rank(role: Role): number {
  return RANKS.indexOf(role);
}
