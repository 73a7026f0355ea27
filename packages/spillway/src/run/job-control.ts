/** What the command line asks for beyond the options: the child as a job in the foreground of a terminal. */
export interface JobControl {
  /** The descriptor (0 to 2) of the terminal whose foreground group the child's becomes. */
  readonly terminal?: number | undefined;
  /** The child was stopped by this signal, as by Ctrl-Z. */
  stopped(signal: number): void;
}
