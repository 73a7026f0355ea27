/** The error for an end of a pipe that is not ours any more. */

/** Why an end cannot be used: it was closed, its descriptor was released, or a child has it. */
export type EndState = 'closed' | 'released' | 'passed on';

const REMEDY: Readonly<Record<EndState, string>> = {
  closed: 'it cannot be used any more; make another pipe',
  released: 'the caller of release() owns its descriptor',
  'passed on': 'the child has it, and it is closed here; keep the other end, or make another pipe',
};

/** The end was used after it had been closed, released or passed on. The call did nothing. */
export class PipeEndError extends Error {
  override readonly name = 'PipeEndError';
  readonly code = 'ERR_PIPE_END';
  readonly state: EndState;

  constructor(end: string, state: EndState) {
    super(`the ${end} of this pipe was ${state}: ${REMEDY[state]}`);
    this.state = state;
  }
}
