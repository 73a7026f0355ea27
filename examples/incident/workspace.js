/** The temporary folder of one replay. It is removed however the replay ends. */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FOLDERS = ['source', 'naive-copy', 'spillway-copy', 'sync-copy'];

/** @param {{ keep: boolean }} options */
export async function openWorkspace({ keep }) {
  const parent = tmpdir();
  const root = await mkdtemp(join(parent, 'spillway-incident-')).catch((error) => {
    throw new Error(`cannot make a folder in ${parent} (${error.code}). Set TMPDIR to another one.`);
  });
  const removeNow = () => rmSync(root, { recursive: true, force: true });
  if (!keep) process.once('exit', removeNow); // for an end that runs no finally
  for (const name of FOLDERS) await mkdir(join(root, name));
  return {
    parent,
    root,
    /** @param {string} name */
    path: (name) => join(root, name),
    async close() {
      if (keep) return;
      await rm(root, { recursive: true, force: true });
      process.off('exit', removeNow);
    },
  };
}
