"""Prints the unread bytes in the pipe on another process's stdout, and the capacity of that pipe.

usage: pipe-fill.py PID (Linux)
"""
import array
import fcntl
import os
import sys
import termios

F_GETPIPE_SZ = 1032  # fcntl.F_GETPIPE_SZ exists since Python 3.10 only

pipe = os.open(f"/proc/{sys.argv[1]}/fd/1", os.O_RDONLY | os.O_NONBLOCK)
unread = array.array("i", [0])
fcntl.ioctl(pipe, termios.FIONREAD, unread)
print(unread[0], fcntl.fcntl(pipe, F_GETPIPE_SZ))
