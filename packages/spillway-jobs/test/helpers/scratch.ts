/** Directories for tests that run side by side. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];
afterAll(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A new one, which is removed after the file's tests. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-jobs-'));
  made.push(directory);
  return directory;
}
