import { describe, expect, it } from 'vitest';
import { isChildSubreaper, setChildSubreaper } from '../../src/system/index.js';
import { checkForLeaks } from '../helpers/leaks.js';
import { runNode } from '../helpers/programs.js';

checkForLeaks();

describe.runIf(process.platform === 'linux')('The subreaper attribute', () => {
  it('can be set, read back, and taken off again', () => {
    expect(isChildSubreaper()).toBe(false);
    setChildSubreaper(true);
    try {
      expect(isChildSubreaper()).toBe(true);
    } finally {
      setChildSubreaper(false);
    }
    expect(isChildSubreaper()).toBe(false);
  });

  it('brings orphans to this process instead of init', async () => {
    const system = JSON.stringify(new URL('../../build/system/index.js', import.meta.url).href);
    // Asks for its parent until the shell that started it is gone.
    const orphan =
      'while read -r pid name state parent rest </proc/$$/stat && [ "$parent" = "$1" ]; do :; done; ' +
      'echo $parent';
    const script = `
      const { setChildSubreaper } = await import(${system});
      setChildSubreaper(true);
      const args = ['-c', 'setsid sh -c "$1" sh $$ &', 'sh', ${JSON.stringify(orphan)}];
      const { stdout } = await run('sh', args, { leftovers: 'wait' });
      console.log(Number(stdout) === process.pid);
    `;
    const { stdout, stderr } = await runNode(script);
    expect(stdout + stderr).toBe('true\n');
  });
});
