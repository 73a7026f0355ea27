/** The groups of a user, from the user database (getpwuid(3), getgrouplist(3)). */
import { bind, stringsAt, wordAt } from '../libc/index.js';

const getpwuid = bind<(uid: number) => number | bigint>('uintptr_t getpwuid(uint32_t uid)');
const getgrouplist = bind<(name: string, group: number, groups: Uint32Array, count: Int32Array) => number>(
  'int getgrouplist(const char *name, uint32_t group, void *groups, int *count)',
);

export interface UserGroups {
  readonly name: string;
  /** The group that a login of the user has. */
  readonly primary: number;
  /** The others. */
  readonly supplementary: readonly number[];
}

/** NGROUPS_MAX of Linux. */
const MOST = 65_536;
/** Behind the pointers to name and password and the user's number, in glibc, musl and macOS. */
const GROUP_OFFSET = 20n;

/** Undefined for a number that the database does not have. */
export function groupsOfUser(uid: number): UserGroups | undefined {
  const entry = BigInt(getpwuid(uid));
  if (entry === 0n) return undefined;
  const name = stringsAt(entry, 1)[0] as string;
  const primary = wordAt(entry + GROUP_OFFSET);
  const groups = new Uint32Array(MOST);
  const count = Int32Array.of(MOST);
  getgrouplist(name, primary, groups, count);
  const all = new Set(groups.subarray(0, count[0]));
  all.delete(primary);
  return { name, primary, supplementary: [...all] };
}
