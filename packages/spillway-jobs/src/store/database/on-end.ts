/** When the `onEnd` of a job may be run, in SQL. */

/** Null for a job that has none. `options`: an expression of type json. */
export function onEndAt(options: string, at = 'now()'): string {
  return `case when ${options}->>'onEnd' is not null then ${at} end`;
}

/** A worker that begins now has a minute for it; when it dies meanwhile, another one runs it. */
export const ON_END_TAKEN = "now() + interval '2 min'";
