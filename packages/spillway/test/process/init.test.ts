/** A program that is process 1, as in a container: tried in a process-id namespace of its own. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { backend } from '../helpers/backend.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const isPossible = spawnSync('unshare', [...NAMESPACE.slice(1), 'true']).status === 0;
const reason = isPossible ? '' : ' (skipped: this user may not make namespaces)';

describe.skipIf(!isPossible || backend === 'node')(`A program that is process 1${reason}`, () => {
  it('reaps the orphans of its commands, and leaves their exits to the children of other code', async () => {
    const finished = await runNode(
      `
      import { spawn } from 'node:child_process';
      import { readdirSync, readFileSync } from 'node:fs';
      const stateOf = (pid) => {
        try {
          return readFileSync('/proc/' + pid + '/stat', 'latin1').split(') ')[1][0];
        } catch { return ''; }
      };
      const zombies = () => readdirSync('/proc').filter((name) => stateOf(name) === 'Z');
      const codes = [];
      const byNode = async () => {
        for (let code = 0; code < 20; code++)
          codes.push(await new Promise((resolve) => spawn('sh', ['-c', 'exit ' + code]).on('exit', resolve)));
      };
      const orphans = async () => {
        for (let i = 0; i < 5; i++) await run('sh', ['-c', '(setsid true >/dev/null 2>&1 &); exit 0']);
      };
      await Promise.all([byNode(), orphans()]);
      while (zombies().length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      console.log(process.pid, codes.every((code, index) => code === index));`,
      { via: NAMESPACE },
    );
    expect(finished).toEqual({ code: 0, signal: null, stdout: '1 true\n', stderr: '' });
  });
});
