/** Calls over channels. */
export {
  BadCallError,
  type CallState,
  CallTimeoutError,
  type CarriedError,
  ChannelUseError,
  NotServedError,
  RemoteError,
  UnknownMethodError,
} from './call-errors.js';
export type { CallContext, CallHandler, CallHandlers } from './call-server.js';
export { Calls, type ServeOptions, type Serving } from './calls.js';
