/** Where the sockets that threads wait on lead to: the tables below /proc/PID/net (proc_pid_net(5)). */
import type { ProcFiles } from '../../system/index.js';
import type { ConnectionRecord, ProcessRecord, SocketRecord } from './snapshot.js';
import { socketInode } from './sockets.js';
import { waitedDescriptors } from './waited.js';

/** TCP_LISTEN, TCP_SYN_SENT in include/net/tcp_states.h. */
const LISTENS = '0A';
const CONNECTS = '02';
const INTERNET = ['tcp', 'tcp6', 'udp', 'udp6'] as const;

/** The tables are read only for processes that wait on a socket, once for each network namespace. */
export function connectionRecords(
  proc: ProcFiles,
  processes: Iterable<ProcessRecord>,
  sockets: ReadonlyMap<number, SocketRecord>,
): ConnectionRecord[] {
  const found = new Map<number, ConnectionRecord>();
  const tables = new Map<string, Tables>();
  for (const record of processes) {
    for (const { target } of waitedDescriptors(record)) {
      const inode = socketInode(target);
      if (inode === undefined || found.has(inode)) continue;
      const namespace = proc.link(`${record.pid}/ns/net`) ?? '';
      const known = tables.get(namespace) ?? new Tables(proc, record.pid);
      tables.set(namespace, known);
      const socket = sockets.get(inode);
      const one = socket ? known.unix(socket) : known.internet(inode);
      if (one) found.set(inode, one);
    }
  }
  return [...found.values()];
}

class Tables {
  readonly #proc: ProcFiles;
  readonly #pid: number;
  #internet: Map<number, ConnectionRecord> | undefined;
  #unix: string | undefined;

  constructor(proc: ProcFiles, pid: number) {
    this.#proc = proc;
    this.#pid = pid;
  }

  internet(inode: number): ConnectionRecord | undefined {
    this.#internet ??= new Map(
      INTERNET.flatMap((name) => internetTable(this.#proc.text(`${this.#pid}/net/${name}`) ?? '', name)).map(
        (one) => [one.inode, one],
      ),
    );
    return this.#internet.get(inode);
  }

  /** The path is that of the server, whose sockets have it. */
  unix({ inode, peer, isListening }: SocketRecord): ConnectionRecord | undefined {
    this.#unix ??= this.#proc.text(`${this.#pid}/net/unix`) ?? '';
    const own = pathIn(this.#unix, inode);
    const remote = peer === undefined ? undefined : pathIn(this.#unix, peer);
    if (own === undefined && remote === undefined) return undefined;
    return {
      inode,
      protocol: 'unix',
      state: isListening ? 'listening' : peer === undefined ? 'open' : 'connected',
      ...(own !== undefined && { local: own }),
      ...(remote !== undefined && { remote }),
    };
  }
}

/** Lines such as `0: 0100007F:1F90 00000000:0000 0A …`, the tenth column the inode. */
export function internetTable(table: string, name: (typeof INTERNET)[number]): ConnectionRecord[] {
  const protocol = name.startsWith('tcp') ? 'tcp' : 'udp';
  return table
    .split('\n')
    .slice(1)
    .filter(Boolean)
    .map((line) => {
      const [, local = '', remote = '', state, , , , , , inode] = line.trim().split(/\s+/);
      const isConnected = !/^0+:0000$/.test(remote);
      return {
        inode: Number(inode),
        protocol,
        state: stateOf(protocol, state, isConnected),
        local: addressText(local),
        ...(isConnected && { remote: addressText(remote) }),
      };
    });
}

function stateOf(
  protocol: 'tcp' | 'udp',
  state: string | undefined,
  isConnected: boolean,
): ConnectionRecord['state'] {
  if (protocol === 'tcp' && state === LISTENS) return 'listening';
  if (protocol === 'tcp' && state === CONNECTS) return 'connecting';
  return isConnected ? 'connected' : 'open';
}

/** From hexadecimal words in the byte order of the machine, which is little-endian here, and a port. */
function addressText(text: string): string {
  const [words = '', port = ''] = text.split(':');
  const bytes = Buffer.from(words, 'hex');
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  const isMapped = bytes.length === 16 && bytes.toString('hex').startsWith('00000000000000000000ffff');
  const number = Number.parseInt(port, 16);
  if (bytes.length === 4 || isMapped) return `${bytes.subarray(-4).join('.')}:${number}`;
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16));
  // The parser of URLs has the short form.
  return `${new URL(`http://[${groups.join(':')}]`).hostname}:${number}`;
}

/** The column after the inode in /proc/net/unix; abstract names begin with `@`. */
function pathIn(table: string, inode: number): string | undefined {
  const label = ` ${inode} `;
  const at = table.indexOf(label);
  return at < 0 ? undefined : table.slice(at + label.length, table.indexOf('\n', at));
}
