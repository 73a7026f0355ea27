/**
 * The group of a child that runs as another user. Without one, libuv would leave this process's: a child of
 * root that is an ordinary user and still of the group root.
 */
import { groupsOfUser } from '../../system/index.js';
import { problemOfPipes } from './backend.js';
import type { ChildSpec } from './child-spec.js';
import { StartError } from './start-error.js';

/**
 * With `uid` alone: the user's own group. Throws StartError ENOTSUP for a user who has more than one, since
 * libuv drops all but the one that it is told, and for one whose group is not known.
 */
export function withGroup(child: ChildSpec): ChildSpec {
  const { uid, gid } = child;
  if (uid === undefined || gid !== undefined || uid === process.geteuid?.()) return child;
  const refuse = (why: string) =>
    new StartError(child, 'ENOTSUP', 'system', `${why}; give gid, and that is its only group`);
  const problem = problemOfPipes();
  if (problem !== undefined) throw refuse(`the group of user ${uid} cannot be looked up, as ${problem}`);
  const user = groupsOfUser(uid);
  if (!user) throw refuse(`this system knows no user ${uid}, and so no group of its own`);
  const { name, primary, supplementary } = user;
  if (supplementary.length > 0) {
    const more = supplementary.length > 5 ? [...supplementary.slice(0, 5), '…'] : supplementary;
    const groups = `${primary} and ${more.join(', ')}`;
    throw refuse(`user ${uid} (${name}) is in the groups ${groups}, and Node can give it only one`);
  }
  return { ...child, gid: primary };
}
