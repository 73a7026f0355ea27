"""A process that shows no mark, in one of these ways:

title   a title over its words and its environment, as setproctitle has it; HIDDEN_TITLE, if it is set
bare    no variables
secret  not to be looked into by others of its user (PR_SET_DUMPABLE)

Usage: hidden.py HOW WHERE KEEP PIDFILE [WORKER]
WHERE   here (goes on as it is), session (in a session of its own) or daemon (its parent exits as well)
KEEP    none, or stdout, or stderr: which of the standard streams it keeps
WORKER  hidden, or marked: a child of it, which shows no mark either, or has the variables of the run
Writes its pid, and the worker's, to the file.
"""
import ctypes
import os
import signal
import sys
import time

how, where, keep, pidfile = sys.argv[1:5]
worker = sys.argv[5] if len(sys.argv) > 5 else None
variables = dict(os.environ)

# Python sets LC_CTYPE for itself where nothing else does.
if how == 'bare' and 'PATH' in variables:
    if worker == 'marked':
        sys.argv.append(variables.get('SPILLWAY_RUN', ''))
    os.execve(sys.executable, [sys.executable, *sys.argv], {})

if where in ('session', 'daemon'):
    if where == 'daemon' and os.fork():
        os._exit(0)
    os.setsid()
    if where == 'daemon' and os.fork():
        os._exit(0)

null = os.open('/dev/null', os.O_RDWR)
for fd, name in enumerate(['stdin', 'stdout', 'stderr']):
    if name != keep:
        os.dup2(null, fd)

if how == 'title':
    fields = open('/proc/self/stat').read().rsplit(')', 1)[1].split()
    start, end = int(fields[45]), int(fields[48])
    ctypes.memset(start, 0, end - start)
    title = os.environb.get(b'HIDDEN_TITLE', b'hidden: a title') + b'\0'
    ctypes.memmove(start, title, len(title))
elif how == 'secret':
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)

pids = [os.getpid()]
if worker:
    mark = variables.get('SPILLWAY_RUN') or sys.argv[-1]
    ready, started = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.closerange(0, 3)
        if worker == 'marked':
            os.execve('/bin/sleep', ['sleep', '300'], {'SPILLWAY_RUN': mark})
        os.close(started)
        time.sleep(300)
    os.close(started)
    # Its end of the pipe closes when it has begun to sleep.
    os.read(ready, 1)
    pids.append(pid)
with open(pidfile + '.new', 'w') as file:
    file.write(' '.join(map(str, pids)))
os.rename(pidfile + '.new', pidfile)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
time.sleep(300)
