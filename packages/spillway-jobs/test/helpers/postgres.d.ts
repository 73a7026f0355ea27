/** Where the newest one is; undefined where none is installed. */
export const postgresPrograms: string | undefined;
/** For the name of a suite that is skipped. */
export const postgresObstacle: string | undefined;

export class Postgres {
  readonly directory: string;
  static start(settings?: Readonly<Record<string, string>>): Promise<Postgres>;
  url(name?: string, user?: string): string;
  /** From now on a role that is not `tester` needs its password. */
  askForPasswords(): Promise<void>;
  /** A new database. */
  askForPasswords(): Promise<void>;
  create(name: string): Promise<string>;
  query(text: string, name?: string): Promise<Record<string, unknown>[]>;
  /** Starts it, after a `stop` again. */
  restart(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** `'fast'`: connections are cut in order. `'immediate'`: as when its machine fails. */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  /** Ends it, and removes its directory. */
  end(): Promise<void>;
}
