/** socketpair(2): two descriptors, each of which reads what is written to the other. */
import { bind, check, requirePlatform } from '../libc/index.js';

const socketpair = bind<(domain: number, type: number, protocol: number, fds: Int32Array) => number>(
  'int socketpair(int domain, int type, int protocol, int *fds)',
);
const AF_UNIX = 1;
const SOCK_STREAM = 1;

/** Both close-on-exec. Linux. Errors: EMFILE, ENFILE. */
export function createSocketPair(doing: string): [number, number] {
  const fds = new Int32Array(2);
  check(socketpair(AF_UNIX, SOCK_STREAM | requirePlatform().O_CLOEXEC, 0, fds), 'socketpair', doing);
  return [fds[0] as number, fds[1] as number];
}
