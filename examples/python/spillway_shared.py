"""The end of a pipe with several writers that messages go into: docs/protocol.md, "Shared frames"."""

import os
import select
import struct
import threading
import time

from spillway_channel import DEFAULT_LIMIT, End, Json, TimedOut, deadline_in, encode, write_some

MARK = 0xFB
WHOLE, FIRST, MORE, LAST, WITHDRAWN = range(5)
HEADER = struct.Struct(">BBH6sI")
_FRAME_BYTES = min(select.PIPE_BUF, 4096)
_ROOM = _FRAME_BYTES - HEADER.size


class SharedWriter(End):
    """One of several writers of a pipe: one write of at most PIPE_BUF bytes for each frame. Thread-safe."""

    def __init__(self, fd, codec=Json, limit=DEFAULT_LIMIT):
        super().__init__(fd, codec, limit)
        self._lock = threading.Lock()
        self._pid = None
        self._is_cut = False
        _make_non_blocking(fd)

    def send(self, message, timeout=None):
        """Waits until the message is in the pipe.

        Raises TooLarge, PeerGone, TimedOut (after withdrawing the message), and the codec's errors.
        """
        body = encode(self, message)
        deadline = deadline_in(timeout)
        if not self._lock.acquire(timeout=-1 if deadline is None else timeout):
            raise TimedOut()
        try:
            self._begin()
            if self._is_cut:
                self._withdraw(deadline)
            self._send(memoryview(struct.pack(">I", len(body)) + body), deadline)
        except TimedOut:
            if self._is_cut:
                self._try_to_withdraw()
            raise
        finally:
            self._lock.release()

    def _send(self, rest, deadline):
        if len(rest) <= _ROOM:
            self._frame(WHOLE, rest, deadline)
            return
        kind, head = FIRST, self._life
        while rest:
            count = _ROOM - len(head)
            if kind != FIRST and len(rest) <= count:
                kind = LAST
            self._frame(kind, head + bytes(rest[:count]), deadline)
            self._is_cut = kind != LAST
            rest = rest[count:]
            kind, head = MORE, b""

    def _withdraw(self, deadline):
        """Tells the reader to drop its part of a message."""
        self._frame(WITHDRAWN, b"", deadline)
        self._is_cut = False

    def _try_to_withdraw(self):
        try:
            self._withdraw(time.monotonic())
        except TimedOut:
            pass  # no room now: it goes before the next message

    def _begin(self):
        """Gives each process its own writer id, also a process that os.fork makes."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._id = os.urandom(6)
        self._sequence = 0
        self._is_cut = False
        self._life = own_life()

    def _frame(self, kind, payload, deadline=None):
        frame = HEADER.pack(MARK, kind, len(payload), self._id, self._sequence) + bytes(payload)
        # All of the frame is written or none: it is at most PIPE_BUF bytes.
        write_some(self.fd, frame, deadline)
        self._sequence = (self._sequence + 1) % 2**32


def _make_non_blocking(fd):
    """Makes the descriptor non-blocking: another writer may take the room that poll has seen.

    The descriptor gets an open file of its own, so that the other writers' stays blocking. Where that is
    impossible, a timeout may come late.
    """
    try:
        own = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return
    os.dup2(own, fd, inheritable=False)
    os.close(own)


def own_life():
    """Pid, pid namespace and start of this process, so that a reader finds its end; 0: unknown."""
    namespace = start = 0
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino & 0xFFFFFFFF
        with open("/proc/self/stat", "rb") as file:
            start = int(file.read().rpartition(b")")[2].split()[19]) & 0xFFFFFFFF
    except OSError:
        pass
    return struct.pack(">III", os.getpid(), namespace, start)
