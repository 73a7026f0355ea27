"""Messages over pipes between a Python program and the Node program that started it with spillway.

Standard library only; docs/protocol.md specifies the bytes. Calls block, or wait at most so many seconds:
receive(timeout=5).

    import spillway_channel

    rpc = spillway_channel.inherited("rpc")    # a pair: rpc.receive(), rpc.send(message)
    log = spillway_channel.inherited("log")    # a Writer, Reader, SharedWriter or SharedReader
    for message in rpc:
        rpc.send({"echo": message})
"""

import json
import os
import select
import struct
import time

DEFAULT_LIMIT = 64 * 1024 * 1024


class ChannelError(Exception):
    """The base of all errors of this module."""


class Ended(ChannelError):
    """The other side has ended the channel, after a whole message."""


class Truncated(ChannelError):
    """The channel ended in the middle of a message."""


class TooLarge(ChannelError):
    """A message is above the limit. An outgoing one is not written; an incoming one ends the channel."""


class PeerGone(ChannelError):
    """The channel has no reader left."""


class TimedOut(ChannelError):
    """The call has timed out. `is_under_way`: the message is partly written, and its rest goes first."""

    def __init__(self, is_under_way=False):
        super().__init__("timed out: the message is partly written" if is_under_way else "timed out")
        self.is_under_way = is_under_way


class NotInherited(ChannelError):
    """There is no channel of this name."""


class Json:
    """Any JSON value, as UTF-8."""

    @staticmethod
    def encode(message):
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()

    @staticmethod
    def decode(body):
        return json.loads(body)


class Raw:
    """Bytes as they are."""

    @staticmethod
    def encode(message):
        return bytes(message)

    @staticmethod
    def decode(body):
        return body


CODECS = {"json": Json, "raw": Raw}


class End:
    def __init__(self, fd, codec=Json, limit=DEFAULT_LIMIT):
        self.fd = fd
        self.codec = codec
        self.limit = limit
        # Programs that this one starts must not hold the pipe open.
        os.set_inheritable(fd, False)

    def close(self):
        """Closes the end; closing again is fine."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Reader(End):
    """The end that messages come out of: one writer, plain frames. It iterates over them."""

    def __init__(self, fd, codec=Json, limit=DEFAULT_LIMIT):
        super().__init__(fd, codec, limit)
        # The part of a message that has come; it stays here after a timeout.
        self._come = bytearray()

    def receive(self, timeout=None):
        """The next message.

        Raises Ended, Truncated, TooLarge, TimedOut (which loses no byte), and the codec's errors (the next
        call gives the next message).
        """
        deadline = deadline_in(timeout)
        if not self._read(4, deadline):
            if not self._come:
                raise Ended("the other side has ended the channel")
            raise Truncated("the channel ended within the header of a message")
        (length,) = struct.unpack_from(">I", self._come)
        if length > self.limit:
            raise TooLarge(f"a message of {length} bytes is announced; the limit is {self.limit}")
        if not self._read(4 + length, deadline):
            come, self._come = len(self._come) - 4, bytearray()
            raise Truncated(f"the channel ended after {come} of the {length} bytes of a message")
        body, self._come = bytes(self._come[4:]), bytearray()
        return self.codec.decode(body)

    def __iter__(self):
        return until_the_end(self)

    def _read(self, count, deadline):
        """Reads until there are `count` bytes, and none beyond. False: the channel ended before that."""
        while len(self._come) < count:
            part = read_some(self.fd, min(count - len(self._come), 65536), deadline)
            if not part:
                return False
            self._come += part
        return True


class Writer(End):
    """The end that messages go into, for a single writer: plain frames."""

    def __init__(self, fd, codec=Json, limit=DEFAULT_LIMIT):
        super().__init__(fd, codec, limit)
        self._rest = memoryview(b"")

    def send(self, message, timeout=None):
        """Waits until the message is in the pipe. Raises TooLarge, PeerGone, TimedOut, codec errors."""
        body = encode(self, message)
        deadline = deadline_in(timeout)
        self._write_rest(deadline)
        whole = self._rest = memoryview(struct.pack(">I", len(body)) + body)
        try:
            self._write_rest(deadline)
        except TimedOut:
            if len(self._rest) < len(whole):
                raise TimedOut(is_under_way=True) from None
            self._rest = memoryview(b"")
            raise

    def _write_rest(self, deadline):
        while self._rest:
            self._rest = self._rest[write_some(self.fd, self._rest, deadline) :]


class Duplex:
    """Both directions: the methods of a Reader and of a Writer."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        self.receive = reader.receive
        self.send = writer.send
        self.end = writer.close

    def __iter__(self):
        return iter(self.reader)

    def close(self):
        """Closes both directions."""
        self.reader.close()
        self.writer.close()


def inherited(name, limit=DEFAULT_LIMIT, codec=None):
    """The end that was passed on under this name; `codec` replaces its codec. Raises NotInherited."""
    for entry in os.environ.get("SPILLWAY_CHANNELS", "").split(" "):
        key, _, rest = entry.partition("=")
        if key == name:
            return _open(name, rest, limit, codec)
    raise NotInherited(f"no channel '{name}' was passed on to this process")


def _open(name, entry, limit, codec):
    ends, word, inodes = (entry.split(":") + ["", ""])[:3]
    is_shared = word.startswith("shared/")
    if is_shared:
        word = word[len("shared/") :]
    codec = codec or CODECS.get(word)
    if codec is None:
        raise NotInherited(f"the channel '{name}' has the codec '{word}', which is not known here; give one")
    found = {}
    inodes = iter(inodes.split(","))
    for number, access in _descriptors(ends):
        inode = next(inodes, "")
        try:
            there = os.fstat(number).st_ino
        except OSError:
            raise NotInherited(f"descriptor {number} of the channel '{name}' is not open") from None
        if inode and int(inode) != there:
            raise NotInherited(f"descriptor {number} is not the channel '{name}' in this process")
        found[access] = number
    # Imported here because they import this module.
    from spillway_shared import SharedWriter
    from spillway_shared_reader import SharedReader

    reads, writes = (SharedReader, SharedWriter) if is_shared else (Reader, Writer)
    reader = reads(found["r"], codec, limit) if "r" in found else None
    writer = writes(found["w"], codec, limit) if "w" in found else None
    return Duplex(reader, writer) if reader and writer else reader or writer


def _descriptors(text):
    """`5r6w` as (5, 'r'), (6, 'w')."""
    number = ""
    for character in text:
        if character in "rw":
            yield int(number), character
            number = ""
        else:
            number += character


def encode(end, message):
    body = end.codec.encode(message)
    if len(body) > end.limit:
        raise TooLarge(f"the message has {len(body)} bytes; the limit is {end.limit}")
    return body


def deadline_in(timeout):
    """A time of time.monotonic(); None for never."""
    return None if timeout is None else time.monotonic() + timeout


def is_ready(fd, event, seconds):
    """Sleeps until the descriptor is ready or at its end, or `seconds` have passed; None: no limit."""
    poll = select.poll()
    poll.register(fd, event)
    return bool(poll.poll(None if seconds is None else max(0, seconds) * 1000))


def wait_for(fd, event, deadline):
    if not is_ready(fd, event, None if deadline is None else deadline - time.monotonic()):
        raise TimedOut()


def read_some(fd, count, deadline):
    """At most `count` bytes; none at the end."""
    while True:
        if deadline is not None:
            wait_for(fd, select.POLLIN, deadline)
        try:
            return os.read(fd, count)
        except BlockingIOError:  # another process has made the pipe non-blocking
            wait_for(fd, select.POLLIN, deadline)


def until_the_end(reader):
    while True:
        try:
            yield reader.receive()
        except Ended:
            return


def write_some(fd, data, deadline):
    while True:
        if deadline is not None:
            wait_for(fd, select.POLLOUT, deadline)
            # There is room for this much; a larger write could block.
            data = data[: select.PIPE_BUF]
        try:
            return os.write(fd, data)
        except BlockingIOError:  # the pipe is full, and non-blocking
            wait_for(fd, select.POLLOUT, deadline)
        except BrokenPipeError:
            raise PeerGone("the channel has no reader any more") from None
