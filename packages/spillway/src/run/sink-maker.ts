/** Who takes the bytes that pass through this process, as Node's event loop or a loop of our own can serve it. */
import { Capture, FileSink, FunctionSink, type Sink, WritableSink } from '../stream/index.js';
import type { StreamName } from './options/index.js';

export interface SinkMaker {
  capture(memory: number, directory: string | undefined): Capture;
  /** This process's own stdout or stderr. */
  standard(name: StreamName): Sink;
  /** Owns the descriptor. */
  file(fd: number, path: string): Sink;
  call(take: (chunk: Buffer) => unknown): Sink;
}

/** Those that need Node's event loop. */
export const nodeSinks: SinkMaker = {
  capture: (memory, directory) => new Capture(memory, directory),
  standard: (name) => new WritableSink(process[name]),
  file: (fd, path) => new FileSink(fd, path),
  call: (take) => new FunctionSink(take),
};
