/** A file named in the options that cannot be opened: said like any other failure to start. */
import { StartError } from '../process/index.js';

export function explainFile(error: unknown, program: string, stream: string, path: string): StartError {
  const { code = 'EIO', message } = error as NodeJS.ErrnoException;
  // Node's sentence is `ENOENT: no such file or directory, open '…'`.
  const reason = message.replace(/^\w+: /, '').replace(/, open '.*$/s, '');
  return new StartError(
    { file: program },
    code,
    'file',
    `the file for its ${stream}, ${path}, cannot be opened: ${reason}`,
    error,
  );
}
