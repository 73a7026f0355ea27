/** Where files come from and go to, written as for rsync. */
import { OptionError } from '../../base/index.js';

export interface LocalAddress {
  readonly kind: 'local';
  readonly text: string;
  readonly path: string;
}
export interface ShellAddress {
  readonly kind: 'shell';
  readonly text: string;
  /** `user@host`, or the host alone, without the brackets of an IPv6 address. */
  readonly login: string;
  readonly path: string;
}
export interface DaemonAddress {
  readonly kind: 'daemon';
  readonly text: string;
  readonly login: string;
  readonly path: string;
}
export type RemoteAddress = ShellAddress | DaemonAddress;
export type Address = LocalAddress | RemoteAddress;

const URL_FORM = /^rsync:\/\/([^/]+)(?:\/(.*))?$/is;
/** A colon makes an address remote only in front of the first slash. */
const HOST_FORM = /^((?:[^/:@]*@)?(?:\[[^\]/]*\]|[^/:]+)):(:?)(.*)$/s;

/** `option`: for the error. */
export function parseAddress(option: string, text: unknown): Address {
  if (typeof text !== 'string' || text === '' || text.includes('\0'))
    throw new OptionError(option, text, 'a path, host:path, host::module/path, or rsync://host/module/path');
  const url = URL_FORM.exec(text);
  if (url) return remote(option, 'daemon', text, url[1] as string, url[2] ?? '');
  const host = HOST_FORM.exec(text);
  if (!host) return { kind: 'local', text, path: text };
  const [, login = '', second, path = ''] = host;
  return remote(option, second === ':' ? 'daemon' : 'shell', text, login, path);
}

function remote(
  option: string,
  kind: 'shell' | 'daemon',
  text: string,
  login: string,
  path: string,
): Address {
  const host = login.slice(login.indexOf('@') + 1).replace(/^\[(.*)\]$/, '$1');
  // ssh would take such a host, or such a user, for an option.
  if (host === '' || host.startsWith('-') || login.startsWith('-'))
    throw OptionError.refused(option, text, 'a host or user name cannot be empty or begin with "-"');
  return { kind, text, login: login.replace(/\[(.*)\]$/, '$1'), path };
}

/**
 * The folder that the names of its files are relative to, as text for rsync: itself with a slash at its end,
 * the one around it without.
 */
export function baseOf({ text, path }: Address): string {
  if (path === '' || /(?:^|\/)\.{0,2}$/.test(path)) return text;
  const host = text.slice(0, text.length - path.length);
  const slash = path.lastIndexOf('/');
  return `${host}${slash < 0 ? './' : path.slice(0, slash + 1)}`;
}

/** The end that a remote shell leads to, if one does. */
export function farShellOf(ends: {
  readonly sources: readonly Address[];
  readonly destination: Address;
}): ShellAddress | undefined {
  return [...ends.sources, ends.destination].find((one): one is ShellAddress => one.kind === 'shell');
}

/** What the lock is about, and how messages call it: without a slash at its end. */
export function nameOfAddress({ kind, text, ...address }: Address): string {
  const path = address.path.replace(/(?<=.)\/+$/, '');
  if (kind === 'local') return path;
  const login = (address as RemoteAddress).login;
  return kind === 'shell' ? `${login}:${path}` : `${login}::${path}`;
}
