/**
 * The peers of UNIX sockets, from the kernel (sock_diag(7)): /proc/net/unix lists sockets without their
 * peers. Every user may ask, for the network namespace of the asking process.
 */
import { closeCall } from '../descriptor/index.js';
import { bindOptional, errnoOf, lastErrno, platform } from '../libc/index.js';

const socketCall = bindOptional<(family: number, type: number, protocol: number) => number>(
  'int socket(int family, int type, int protocol)',
);
const sendCall = bindOptional<(fd: number, bytes: Uint8Array, length: number, flags: number) => number>(
  'long send(int fd, const void *bytes, size_t length, int flags)',
);
const receiveCall = bindOptional<(fd: number, into: Uint8Array, length: number, flags: number) => number>(
  'long recv(int fd, void *into, size_t length, int flags)',
);

export interface UnixSocket {
  readonly inode: number;
  /**
   * The inode of the socket at the other end; undefined for a socket that is not connected, or whose other
   * end is closed.
   */
  readonly peer: number | undefined;
  readonly isListening: boolean;
  /** Unread bytes in it. */
  readonly unreadBytes: number | undefined;
}

const AF_UNIX = 1;
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const UDIAG_SHOW_PEER = 4;
const UDIAG_SHOW_RQLEN = 16;
const UNIX_DIAG_PEER = 2;
const UNIX_DIAG_RQLEN = 4;
const TCP_LISTEN = 10;
/** struct nlmsghdr. */
const HEADER_BYTES = 16;
/** struct unix_diag_msg: family, type, state, padding, inode, and a cookie of two words. */
const MESSAGE_BYTES = 16;

/**
 * Every UNIX socket of this network namespace; undefined where the kernel does not answer (no unix_diag
 * module, a seccomp filter).
 */
export function unixSockets(): UnixSocket[] | undefined {
  const [socket, send, receive, close] = [socketCall(), sendCall(), receiveCall(), closeCall()];
  if (process.platform !== 'linux' || !platform || !socket || !send || !receive || !close) return undefined;
  const fd = socket(AF_NETLINK, SOCK_RAW | platform.O_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return undefined;
  try {
    const request = dumpRequest();
    if (send(fd, request, request.length, 0) !== request.length) return undefined;
    const found: UnixSocket[] = [];
    const buffer = Buffer.alloc(64 * 1024);
    for (;;) {
      const length = receive(fd, buffer, buffer.length, 0);
      if (length < 0 && lastErrno() === errnoOf.EINTR) continue;
      if (length <= 0) return undefined;
      const end = readAnswer(buffer.subarray(0, length), found);
      if (end === 'error') return undefined;
      if (end === 'done') return found;
    }
  } finally {
    close(fd);
  }
}

/** struct nlmsghdr and struct unix_diag_req (include/uapi/linux/{netlink,unix_diag}.h). */
function dumpRequest(): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + 24);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  bytes.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  bytes.writeUInt32LE(1, 8);
  bytes.writeUInt8(AF_UNIX, HEADER_BYTES);
  bytes.writeUInt32LE(0xffffffff, HEADER_BYTES + 4);
  bytes.writeUInt32LE(UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN, HEADER_BYTES + 12);
  return bytes;
}

function readAnswer(bytes: Buffer, found: UnixSocket[]): 'more' | 'done' | 'error' {
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const type = bytes.readUInt16LE(at + 4);
    if (type === NLMSG_DONE) return 'done';
    if (type === NLMSG_ERROR || length < HEADER_BYTES + MESSAGE_BYTES) return 'error';
    found.push(socketIn(bytes.subarray(at + HEADER_BYTES, at + length)));
    at += aligned(length);
  }
  return 'more';
}

function socketIn(message: Buffer): UnixSocket {
  let peer: number | undefined;
  let unreadBytes: number | undefined;
  for (let at = MESSAGE_BYTES; at + 4 <= message.length; ) {
    const length = message.readUInt16LE(at);
    const type = message.readUInt16LE(at + 2);
    if (length < 4) break;
    if (type === UNIX_DIAG_PEER && length >= 8) peer = message.readUInt32LE(at + 4) || undefined;
    if (type === UNIX_DIAG_RQLEN && length >= 8) unreadBytes = message.readUInt32LE(at + 4);
    at += aligned(length);
  }
  return {
    inode: message.readUInt32LE(4),
    peer,
    isListening: message.readUInt8(2) === TCP_LISTEN,
    unreadBytes,
  };
}

/** Messages and attributes begin at multiples of four. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}
