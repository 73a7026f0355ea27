/** `timeout --help`. */

export const HELP = `Usage: timeout [OPTION]... DURATION COMMAND [ARG]...
Run COMMAND, and end it if it still runs after DURATION.

  -f, --foreground       leave COMMAND in the process group of the caller, so that it can
                         read from the terminal and gets Ctrl-C and Ctrl-Z; processes
                         that COMMAND started are then not ended with it
  -k, --kill-after=DURATION
                         send KILL if COMMAND still runs this long after the first signal
  -p, --preserve-status  exit with COMMAND's status even after a timeout
  -s, --signal=SIGNAL    the signal to send, by name or number (default: TERM)
  -v, --verbose          report each signal sent, on stderr
      --help             print this help
      --version          print the version

DURATION is a number such as 10, 0.5 or 1e3 with an optional unit: s for seconds (the
default), m for minutes, h for hours, d for days. 0 means no limit.

Exit status: COMMAND's own; 124 after a timeout (without --preserve-status);
125 when timeout itself fails; 126 when COMMAND cannot be executed; 127 when it is not
found; 137 when COMMAND, or timeout itself, was sent KILL.
`;
