/**
 * Node's cache of compiled code (module.enableCompileCache, from Node 22.1 on), which saves a third of what
 * loading costs. Code from it runs as this user, so no other may have written there: Node's own default is
 * below the directory for temporary files, and under sudo HOME may be that of another user.
 */
import { mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

interface CompileCache {
  enableCompileCache?(directory?: string): unknown;
  flushCompileCache?(): void;
}

/** Not imported: Node 20 has neither function. */
const cache = (process.getBuiltinModule?.('node:module') ?? {}) as CompileCache;

/** Call it before the rest loads. Where there is no directory for it, all is compiled anew. */
export function useCompileCache(): void {
  // Node has enabled it by itself.
  if (process.env.NODE_COMPILE_CACHE || !cache.enableCompileCache) return;
  const directory = ownDirectory();
  if (directory !== undefined) cache.enableCompileCache(directory);
}

/** Call it before an end that Node does not see. Writes what was compiled for the first time. */
export function keepCompiled(): void {
  cache.flushCompileCache?.();
}

function ownDirectory(): string | undefined {
  const { XDG_CACHE_HOME: chosen = '' } = process.env;
  try {
    const caches = isAbsolute(chosen) ? chosen : join(homedir(), '.cache');
    const directory = join(caches, 'spillway');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return [dirname(caches), caches, directory].every(isOursAlone) ? directory : undefined;
  } catch {
    // No home, or one that cannot be written.
    return undefined;
  }
}

/** Whether only this user may put files there, or move what is there. */
function isOursAlone(directory: string): boolean {
  const { uid, mode } = statSync(directory);
  return uid === process.geteuid?.() && (mode & 0o022) === 0;
}
