/** Pictures as data: they go through JSON, and are drawn as SVG, or as text on a terminal. */

/** Who wrote which block, in the order in which the blocks were read: one letter for each. */
export interface Strip {
  readonly kind: 'strip';
  readonly name: string;
  readonly title: string;
  readonly rows: readonly { readonly label: string; readonly blocks: string }[];
  readonly note: string;
}

/** A value for each row and column. */
export interface HeatMap {
  readonly kind: 'heat';
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly across: { readonly title: string; readonly labels: readonly string[] };
  readonly down: { readonly title: string; readonly labels: readonly string[] };
  readonly values: readonly (readonly number[])[];
  readonly note: string;
}

/** Lines through points; the points of every series have the same `x`, by their labels. */
export interface Curves {
  readonly kind: 'curves';
  readonly name: string;
  readonly title: string;
  readonly across: { readonly title: string; readonly labels: readonly string[] };
  readonly up: { readonly title: string };
  readonly series: readonly { readonly label: string; readonly values: readonly number[] }[];
  readonly note: string;
}

/** `name` is that of its file. */
export type Picture = Strip | HeatMap | Curves;
