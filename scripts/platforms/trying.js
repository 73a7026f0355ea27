/** What both the platforms' script and the long runs do with the packed library. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mapLimit, run } from 'spillway';

const here = fileURLToPath(new URL('.', import.meta.url));
/** The project's folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

export const FEATURES = 36;

/** A command with its time limit. Returns its result; throws with the output when it fails. */
export function sh(folder, file, args, more = {}) {
  const env = { npm_config_update_notifier: 'false', NODE_OPTIONS: undefined, ...more.env };
  return run(file, args, { cwd: folder, timeout: '120s', ...more, env });
}

/** A packed package of this workspace, in a folder. */
export async function packInto(folder, name = 'spillway') {
  const pack = ['pack', '--workspace', name, '--pack-destination', folder, '--json'];
  const packed = JSON.parse((await sh(root, 'npm', pack)).stdout);
  const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed);
  return join(folder, filename);
}

/** An empty package with some of the programs beside this file. */
export function folderIn(home, name, files) {
  const folder = join(home, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "tried", "private": true }\n');
  for (const file of files) cpSync(join(here, file), join(folder, file));
  return folder;
}

/** Tries features.mjs, each feature in a process of its own. */
export async function tryFeatures(folder, command, env = {}) {
  const [file, ...args] = [...command, 'features.mjs'];
  const names = (await sh(folder, file, args, { env })).stdout.split('\n');
  assert.equal(names.length, FEATURES);
  const failed = [];
  await mapLimit(names, 3, async (name) => {
    const { ok, stdout, stderr, exitCode, signal } = await sh(folder, file, [...args, name], {
      check: false,
      env,
    });
    if (!ok || stdout !== 'ok' || stderr !== '')
      failed.push(`${name} (${signal ?? exitCode}): ${stdout.slice(-300)} ${stderr.slice(-700)}`);
  });
  assert.deepEqual(failed, []);
}
