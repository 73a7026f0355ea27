export interface Server {
  readonly close: () => Promise<void>;
}
export interface SshServer extends Server {
  /** For `-e`. */
  readonly shell: string;
  readonly host: string;
  /** A part of the command lines of its ssh clients. */
  readonly mark: string;
}
export interface RsyncDaemon extends Server {
  /** Of its modules, with a slash at its end: `files`, which may be written, and `fixed`. */
  readonly url: string;
  readonly folder: string;
}
/** Why there is no sshd for the tests; undefined where there is. */
export const whyNoSshd: string | undefined;
/** An sshd of our own on loopback, for this user, with keys that are thrown away. */
export function openSshd(forcedCommand?: string): Promise<SshServer>;
/** An rsync daemon of our own on loopback, with one module that may be written, and one that may not. */
export function openRsyncDaemon(): Promise<RsyncDaemon>;
