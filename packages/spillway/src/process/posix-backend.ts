/** Children by system calls of our own: posix_spawn(3), pipe2(2), waitid(2). The main thread's, where libc can be called. */
import { type Launch, launch } from './launch.js';
import { reaper } from './reaper.js';
import type { StartedProcess } from './started.js';

/** Throws StartError. */
export function startByPosix(request: Launch): StartedProcess {
  reaper.prepare();
  try {
    return launch(request, reaper);
  } catch (error) {
    reaper.idle();
    throw error;
  }
}
