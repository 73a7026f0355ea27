/** The variables that the library and its command read or set. */
export const VARIABLES = [
  [
    'SPILLWAY_BACKEND',
    'read at each start',
    '`posix`: a start throws a `StartError` where direct system calls are not possible. ' +
      '`node`: commands are started by `node:child_process`, without a warning. Unset or empty: ' +
      'the one that fits ([platforms.md](platforms.md))',
  ],
  ['SPILLWAY_RUN', 'set in every child', 'the name of the run, by which descendants are found'],
  [
    'SPILLWAY_CHANNELS',
    'set in a child that is passed channels; read by `inherited()`',
    'their names, descriptors and codecs ([protocol.md](protocol.md))',
  ],
  [
    'PATH',
    'read',
    'where programs are looked up: the one that the child gets; for `which`, that of this program',
  ],
  [
    'PATHEXT, ComSpec',
    'read, on Windows alone',
    'the endings of programs, and the path of cmd.exe, which starts batch files',
  ],
  [
    'PWD',
    'set in a child with the option `cwd`',
    'its directory, unless `env` has PWD or `inheritEnv` is false',
  ],
  [
    'MAKEFLAGS, MFLAGS, CARGO_MAKEFLAGS',
    'changed in a child that does not get the descriptors of make’s jobserver',
    'they lose the words that name these descriptors',
  ],
  [
    'TERM',
    'read; set in a child with the option `pty` where there is none',
    '`dumb`: no progress line, no drawing',
  ],
  [
    'COLUMNS, LINES',
    'removed in a child with the option `pty`',
    'they describe the terminal around this program',
  ],
  [
    'NO_COLOR',
    'read',
    'a value: `spillway doctor` draws nothing; Node then tells that the terminal has no ' +
      'colours, so that a `prefix` loses its own',
  ],
  ['LC_ALL, LC_CTYPE, LANG', 'read by `spillway doctor`', 'whether its drawing is in UTF-8 or in ASCII'],
  ['TMPDIR', 'read by `os.tmpdir()`', 'where output spills to, unless `spillDirectory` says'],
  [
    'XDG_CACHE_HOME, HOME',
    'read by the commands, from Node 22.10 on',
    'where they keep their compiled code: in `spillway` below the first, or below `.cache` of the ' +
      'second; nowhere if another user may write there',
  ],
  [
    'NODE_COMPILE_CACHE, NODE_DISABLE_COMPILE_CACHE',
    'read by Node and by the commands',
    'another directory for it; no such cache',
  ],
  [
    'RSYNC_RSH',
    'read by `sync`, also in its option `env`',
    'rsync’s own: the remote shell; ssh is told to notice a dead line',
  ],
  [
    'XDG_STATE_HOME, HOME',
    'read by `sync`',
    'where the lock of each destination is: in `spillway` below the first, or below `.local/state` of ' +
      'the second',
  ],
  [
    'UV_THREADPOOL_SIZE',
    'read when the library is loaded',
    'Node’s own: the threads of libuv’s pool. At most three of them start commands at a time, ' +
      'and never the last one',
  ],
];

/** Set and read by parts of Spillway for each other. */
export const INTERNAL = ['SPILLWAY_INHERITED', 'SPILLWAY_GUARD'];
