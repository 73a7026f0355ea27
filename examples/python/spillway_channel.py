"""Messages over pipes between a Python program and the Node program that started it with spillway.

Standard library only; docs/protocol.md describes the bytes. All calls block.

    import spillway_channel

    rpc = spillway_channel.inherited("rpc")    # a pair: rpc.receive(), rpc.send(message)
    log = spillway_channel.inherited("log")    # a Writer, Reader or SharedWriter, as it was made
    for message in rpc:
        rpc.send({"echo": message})
"""

import json
import os
import select
import struct
import threading

DEFAULT_LIMIT = 64 * 1024 * 1024


class ChannelError(Exception):
    """What all errors of this module are."""


class Ended(ChannelError):
    """The other side has ended the channel, between two messages."""


class Truncated(ChannelError):
    """The channel ended in the middle of a message."""


class TooLarge(ChannelError):
    """A message is above the limit. Of one to be sent nothing was written; one that comes in ends the channel."""


class PeerGone(ChannelError):
    """Nobody reads the channel any more."""


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


class _End:
    def __init__(self, fd, codec=Json, limit=DEFAULT_LIMIT):
        self.fd = fd
        self.codec = codec
        self.limit = limit
        # A program that this one starts is not to hold the pipe open.
        os.set_inheritable(fd, False)

    def close(self):
        """Closes the end; a second time is fine."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Reader(_End):
    """The end that messages come out of: one writer, plain frames. Iterating gives them until the end."""

    def receive(self):
        """The next message. Raises Ended, Truncated, TooLarge, and what the codec raises (the next call gives the next message)."""
        header = self._read(4)
        if not header:
            raise Ended("the other side has ended the channel")
        if len(header) < 4:
            raise Truncated("the channel ended within the header of a message")
        (length,) = struct.unpack(">I", header)
        if length > self.limit:
            raise TooLarge(f"a message of {length} bytes is announced; the limit is {self.limit}")
        body = self._read(length)
        if len(body) < length:
            raise Truncated(f"the channel ended after {len(body)} of the {length} bytes of a message")
        return self.codec.decode(body)

    def __iter__(self):
        while True:
            try:
                yield self.receive()
            except Ended:
                return

    def _read(self, count):
        parts = []
        while count > 0:
            try:
                part = os.read(self.fd, min(count, 65536))
            except BlockingIOError:  # somebody has made the pipe non-blocking
                select.select([self.fd], [], [])
                continue
            if not part:
                break
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


class Writer(_End):
    """The end that messages go into, when nobody else writes: plain frames."""

    def send(self, message):
        """Waits until the message is in the pipe. Raises TooLarge, PeerGone, and what the codec raises."""
        body = _encode(self, message)
        rest = memoryview(struct.pack(">I", len(body)) + body)
        while rest:
            rest = rest[_write(self.fd, rest) :]


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
        """Closes both."""
        self.reader.close()
        self.writer.close()


_MARK = 0xFB
_WHOLE, _FIRST, _MORE, _LAST = 0, 1, 2, 3
_HEADER = struct.Struct(">BBH6sI")
_FRAME_BYTES = min(select.PIPE_BUF, 4096)
_ROOM = _FRAME_BYTES - _HEADER.size


class SharedWriter(_End):
    """One of several writers of a pipe: frames of at most PIPE_BUF bytes, one write each. Threads may share it."""

    def __init__(self, fd, codec=Json, limit=DEFAULT_LIMIT):
        super().__init__(fd, codec, limit)
        self._lock = threading.Lock()
        self._pid = None

    def send(self, message):
        """Waits until the message is in the pipe. Raises TooLarge, PeerGone, and what the codec raises."""
        body = _encode(self, message)
        with self._lock:
            self._begin()
            rest = memoryview(struct.pack(">I", len(body)) + body)
            if len(rest) <= _ROOM:
                self._frame(_WHOLE, rest)
                return
            kind, head = _FIRST, self._life
            while rest:
                count = _ROOM - len(head)
                if kind != _FIRST and len(rest) <= count:
                    kind = _LAST
                self._frame(kind, head + bytes(rest[:count]))
                rest = rest[count:]
                kind, head = _MORE, b""

    def _begin(self):
        """Each process has an id of its own, the one that os.fork makes as well."""
        if self._pid == os.getpid():
            return
        self._pid = os.getpid()
        self._id = os.urandom(6)
        self._sequence = 0
        self._life = _own_life()

    def _frame(self, kind, payload):
        frame = _HEADER.pack(_MARK, kind, len(payload), self._id, self._sequence) + bytes(payload)
        # All of it is written or none: it is no larger than PIPE_BUF.
        _write(self.fd, frame)
        self._sequence = (self._sequence + 1) % 2**32


def inherited(name, limit=DEFAULT_LIMIT, codec=None):
    """The end that was passed on under this name; `codec` in the place of the one that it had there. Raises NotInherited."""
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
    if is_shared and "r" in found:
        raise NotInherited(f"'{name}' is the reader of a shared pipe, which this module does not have")
    reader = Reader(found["r"], codec, limit) if "r" in found else None
    kind = SharedWriter if is_shared else Writer
    writer = kind(found["w"], codec, limit) if "w" in found else None
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


def _encode(end, message):
    body = end.codec.encode(message)
    if len(body) > end.limit:
        raise TooLarge(f"the message has {len(body)} bytes; the limit is {end.limit}")
    return body


def _write(fd, data):
    while True:
        try:
            return os.write(fd, data)
        except BlockingIOError:  # somebody has made the pipe non-blocking
            select.select([], [fd], [])
        except BrokenPipeError:
            raise PeerGone("nobody reads the channel any more") from None


def _own_life():
    """Pid, pid namespace and start of this process, by which a reader can tell that it has ended; 0 for what is not known."""
    namespace = start = 0
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino & 0xFFFFFFFF
        with open("/proc/self/stat", "rb") as file:
            start = int(file.read().rpartition(b")")[2].split()[19]) & 0xFFFFFFFF
    except OSError:
        pass
    return struct.pack(">III", os.getpid(), namespace, start)
