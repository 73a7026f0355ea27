/** Removes what an earlier build made, so that no module that has been renamed stays in a package. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

for (const name of ['spillway/build', 'spillway/dist', 'spillway-jobs/dist'])
  rmSync(fileURLToPath(new URL(`../packages/${name}`, import.meta.url)), { recursive: true, force: true });
