"""The end of a pipe with several writers that messages come out of: docs/protocol.md, "Shared frames".

    log = spillway_channel.inherited("log")
    for message in log:
        print(message)
"""

import os
import select
import struct
import time
from collections import deque

from spillway_channel import (
    DEFAULT_LIMIT,
    ChannelError,
    End,
    Ended,
    Json,
    Truncated,
    deadline_in,
    is_ready,
    read_some,
    until_the_end,
    wait_for,
)
from spillway_shared import FIRST, HEADER, LAST, MARK, WHOLE, WITHDRAWN, own_life

_LARGEST_PAYLOAD = 4082
# Pid, pid namespace and start of the writer.
_LIFE = struct.Struct(">III")
_LOOK_SECONDS = 0.2
_MOST_DROPPED = 1024


class Lost(ChannelError):
    """A message will never be whole. The next call gives the next message."""


class BadFrame(ChannelError):
    """The bytes are not a frame: another program writes into the pipe. The channel is closed."""


class _Half:
    """A half-finished message."""

    def __init__(self, life, length, body, sequence):
        self.life = life
        self.length = length
        self.body = bytearray(body)
        self.next = (sequence + 1) % 2**32


class SharedReader(End):
    """Each writer's messages come in its order. It iterates over them until every writer is closed."""

    def __init__(self, fd, codec=Json, limit=DEFAULT_LIMIT, pending_limit=DEFAULT_LIMIT):
        super().__init__(fd, codec, limit)
        self._pending_limit = pending_limit
        self._come = bytearray()
        self._halves = {}
        # Writers whose message was lost while its rest was still to come.
        self._dropped = set()
        # Bodies and errors that no call has taken yet.
        self._found = deque()

    def receive(self, timeout=None):
        """The next message. Raises Ended, Truncated, Lost, BadFrame, TimedOut, and the codec's errors."""
        deadline = deadline_in(timeout)
        while not self._found:
            self._look_for_the_dead(deadline)
            if not self._found:
                self._read(deadline)
        found = self._found.popleft()
        if isinstance(found, ChannelError):
            raise found
        return self.codec.decode(found)

    def __iter__(self):
        return until_the_end(self)

    def _look_for_the_dead(self, deadline):
        """Waits while the pipe is empty and messages are half-finished.

        Checks first which writers have ended, then whether the pipe is empty: then nothing of those
        writers can follow.
        """
        while self._halves and not self._found:
            ended = [writer for writer, half in self._halves.items() if _has_ended(half.life)]
            if is_ready(self.fd, select.POLLIN, 0):
                return
            for writer in ended:
                self._lose(writer, "its writer died")
            left = _LOOK_SECONDS if deadline is None else min(_LOOK_SECONDS, deadline - time.monotonic())
            if not self._found and left <= 0:
                wait_for(self.fd, select.POLLIN, deadline)
            elif not self._found:
                is_ready(self.fd, select.POLLIN, left)

    def _read(self, deadline):
        chunk = read_some(self.fd, 65536, deadline)
        if not chunk:
            self._end()
            return
        self._come += chunk
        at = 0
        while len(self._come) - at >= HEADER.size:
            mark, kind, length, writer, sequence = HEADER.unpack_from(self._come, at)
            if mark != MARK or kind > WITHDRAWN or length > _LARGEST_PAYLOAD:
                self._give_up()
            payload = at + HEADER.size
            if len(self._come) < payload + length:
                break
            at = payload + length
            self._take(kind, writer, sequence, bytes(self._come[payload:at]))
        del self._come[:at]

    def _end(self):
        for writer in list(self._halves):
            self._lose(writer, "its writer died, or closed its end")
        if self._come:
            self._found.append(Truncated("the channel ended within a frame"))
        else:
            self._found.append(Ended("all writers have ended"))
        self._come.clear()

    def _give_up(self):
        self.close()
        raise BadFrame("what came is not a frame: does another program write into the pipe?")

    def _take(self, kind, writer, sequence, payload):
        if kind == WHOLE:
            self._take_whole(payload)
        elif kind == FIRST:
            self._take_first(writer, sequence, payload)
        elif kind == WITHDRAWN:
            self._halves.pop(writer, None)
            self._dropped.discard(writer)
        else:
            self._take_more(writer, sequence, payload, kind == LAST)

    def _take_whole(self, payload):
        while payload:
            body, length = payload[4:], int.from_bytes(payload[:4], "big")
            if len(payload) < 4 or len(body) < length:
                self._give_up()
            if length <= self.limit:
                self._found.append(body[:length])
            else:
                self._found.append(Lost(f"a message of {length} bytes is above the limit"))
            payload = body[length:]

    def _take_first(self, writer, sequence, payload):
        if writer in self._halves:
            self._lose(writer, "the next one began")
        self._dropped.discard(writer)
        life, rest = payload[: _LIFE.size], payload[_LIFE.size :]
        body, length = rest[4:], int.from_bytes(rest[:4], "big")
        if len(rest) < 4 or length <= len(body):
            self._give_up()
        pending = sum(half.length for half in self._halves.values())
        self._halves[writer] = _Half(_LIFE.unpack(life), length, body, sequence)
        if length > self.limit:
            self._lose(writer, "it is above the limit")
        elif pending + length > self._pending_limit:
            self._lose(writer, "unfinished messages hold all that they may")

    def _take_more(self, writer, sequence, payload, is_last):
        half = self._halves.get(writer)
        if half is None and writer not in self._dropped:
            self._found.append(Lost("a message is lost: its beginning has not come"))
            self._dropped.add(writer)
        if half is not None:
            half.body += payload
            left = half.length - len(half.body)
            if sequence != half.next or (left != 0 if is_last else left <= 0):
                self._lose(writer, "its frames do not follow one another")
            elif is_last:
                del self._halves[writer]
                self._found.append(bytes(half.body))
            half.next = (sequence + 1) % 2**32
        if is_last:
            self._dropped.discard(writer)

    def _lose(self, writer, reason):
        half = self._halves.pop(writer)
        pid = half.life[0]
        come = f"{len(half.body)} of {half.length} bytes"
        self._found.append(Lost(f"a message of process {pid} is lost after {come}: {reason}"))
        if len(self._dropped) >= _MOST_DROPPED:
            self._dropped.pop()
        self._dropped.add(writer)


def _has_ended(life):
    """Whether the writer has certainly ended.

    A pid that another process has by now counts as alive, and so does a writer in another pid namespace.
    """
    pid, namespace, _ = life
    if pid == 0 or namespace == 0 or namespace != _LIFE.unpack(own_life())[1]:
        return False
    try:
        os.kill(pid, 0)
        return False
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
