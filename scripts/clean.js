/** Removes what an earlier build made, so that no module that has been renamed stays in the package. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

for (const name of ['build', 'dist'])
  rmSync(fileURLToPath(new URL(`../packages/spillway/${name}`, import.meta.url)), {
    recursive: true,
    force: true,
  });
