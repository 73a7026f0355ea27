/** Calls and replies as messages; docs/protocol-calls.md specifies them for other languages. */
import { inspect } from 'node:util';
import { isError } from '../../base/index.js';
import { BadCallError, type CarriedError } from './call-errors.js';

export type Envelope =
  /** The sender serves so many calls at a time; 0: it serves no more. */
  | readonly ['serve', number]
  | readonly ['call', number, string, unknown?]
  /** The caller has dropped the call. */
  | readonly ['cancel', number]
  | readonly ['result', number, unknown?]
  | readonly ['error', number, CarriedError]
  /** The call was not carried out. */
  | readonly ['refused', number, Refusal];

export type Refusal = 'unknown method' | 'not served';

/** Checks the third element of each kind. */
const RESTS: Readonly<Record<string, (rest: unknown) => boolean>> = {
  serve: () => true,
  call: (method) => typeof method === 'string',
  cancel: () => true,
  result: () => true,
  error: (error) => typeof error === 'object' && error !== null,
  refused: (why) => typeof why === 'string',
};

/** Throws BadCallError. */
export function envelopeFrom(message: unknown): Envelope {
  if (Array.isArray(message)) {
    const [kind, number, rest] = message;
    const isKnown = typeof kind === 'string' && Object.hasOwn(RESTS, kind);
    if (isKnown && Number.isSafeInteger(number) && number >= 0 && RESTS[kind]?.(rest))
      return message as unknown as Envelope;
  }
  throw new BadCallError(inspect(message, { depth: 1, breakLength: Number.POSITIVE_INFINITY }).slice(0, 80));
}

/** Enough of a stack, and never the reason for a reply that is too large. */
const MOST_STACK = 8192;

/** A thrown value as it is sent to the caller. Never throws itself, whatever the value's getters do. */
export function carriedFrom(thrown: unknown): CarriedError {
  try {
    if (!isError(thrown)) {
      const value = inspect(thrown, { depth: 1 });
      return { name: 'Error', message: `${value} was thrown, which is not an Error` };
    }
    const { code, stack } = thrown as NodeJS.ErrnoException;
    return {
      name: String(thrown.name),
      message: String(thrown.message),
      ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
      ...(typeof stack === 'string' ? { stack: stack.slice(0, MOST_STACK) } : {}),
    };
  } catch {
    return { name: 'Error', message: 'what was thrown cannot be read' };
  }
}

/** The error may have any shape: another program has sent it. */
export function carriedInto(error: CarriedError): CarriedError {
  const { name, message, code, stack } = error as Partial<Record<keyof CarriedError, unknown>>;
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : inspect(error, { depth: 1 }),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof stack === 'string' ? { stack } : {}),
  };
}
