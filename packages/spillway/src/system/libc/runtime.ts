/** Node, or a runtime that has Node's modules, written anew: what holds on one is not certain on another. */

export const runtime: 'node' | 'bun' | 'deno' =
  process.versions.bun !== undefined ? 'bun' : process.versions.deno !== undefined ? 'deno' : 'node';

/** The oldest releases on which all features were tried; older ones lack parts of Node's modules. */
const OLDEST = { bun: [1, 4], deno: [2, 8] } as const;

/** Why this library's own system calls are not trusted on this runtime; undefined where they are. */
export const runtimeObstacle: string | undefined = obstacleOf(
  runtime,
  process.versions[runtime] ?? '',
  process.platform,
);

export function obstacleOf(
  name: typeof runtime,
  version: string,
  system: NodeJS.Platform,
): string | undefined {
  if (name === 'node') return undefined;
  const title = name === 'bun' ? 'Bun' : 'Deno';
  const [major, minor] = OLDEST[name];
  const [ofMajor = 0, ofMinor = 0] = version.split('.').map(Number);
  if (ofMajor < major || (ofMajor === major && ofMinor < minor))
    return `${title} ${version} is too old: it takes ${title} ${major}.${minor} or later`;
  return system === 'linux' ? undefined : `${title} was tried on Linux alone`;
}
