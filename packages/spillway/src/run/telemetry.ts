/**
 * Events for listeners of `node:diagnostics_channel`: `spillway:start`, `spillway:output`,
 * `spillway:terminate`, `spillway:exit`. Without a listener each costs one look at a flag.
 */
import { channel } from 'node:diagnostics_channel';

export interface StartMessage {
  readonly pid: number;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
}

export interface OutputMessage {
  readonly pid: number;
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: number;
}

export interface TerminateMessage {
  readonly pid: number;
  /** Why: `'timeout'`, `'idle'`, `'abort'`, … */
  readonly cause: string;
}

export interface ExitMessage {
  readonly pid: number;
  readonly reason: string;
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly durationMs: number;
}

export const telemetry = {
  start: channel('spillway:start'),
  output: channel('spillway:output'),
  terminate: channel('spillway:terminate'),
  exit: channel('spillway:exit'),
};

export function publishStart(pid: number, { file, args, cwd }: Omit<StartMessage, 'pid'>): void {
  if (telemetry.start.hasSubscribers) telemetry.start.publish({ pid, file, args, cwd });
}
