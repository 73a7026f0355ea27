/**
 * What is drawn, before it is DOT: boxes with lines of text, and arrows between them. Names in the texts are escaped for the eye already
 * (`safe`); what DOT and XML need comes where they are written.
 */

/** `'hang'`: in the story of something that hangs. `'stuck'`: behind it. `'remark'`: in a story worth knowing, which is no hang. */
export type Role = 'hang' | 'stuck' | 'remark' | 'plain';

export interface Picture {
  /** The verdict. */
  readonly title: readonly string[];
  /** How sure that is, and when it was seen. */
  readonly subtitle: readonly string[];
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
  /** How to read it, and what was left out. */
  readonly notes: readonly string[];
}

export interface Box {
  /** Plain words, for they show as a tooltip: `process 4711`, `pipe 2`. */
  readonly id: string;
  /** A thing is what processes share: a pipe, a terminal, a lock. */
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
  /** `'wait'`: one that waits, to what it waits for. `'flow'`: the way that bytes take. `'child'`: from the parent. */
  readonly kind: 'wait' | 'flow' | 'child';
  readonly role: Role;
  readonly isTwoWay?: true;
  readonly label: string;
}

const RANKS: readonly Role[] = ['plain', 'remark', 'stuck', 'hang'];

/** The one that matters more. */
export function strongest(one: Role, other: Role): Role {
  return rank(one) > rank(other) ? one : other;
}

export function rank(role: Role): number {
  return RANKS.indexOf(role);
}
