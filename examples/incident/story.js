/** The words of the replay: the findings, and the explanation. */
import { facts, number, paint, say, seconds } from './report.js';
import { filesToFill } from './tree.js';

/** The default capacity of a pipe on Linux, and the largest on macOS. */
export const PIPE_BYTES = 65_536;

/** @typedef {import('./naive.js').ParentName} ParentName */

/** @param {ParentName} parent */
export function introduce(parent) {
  const code = {
    python3: ["child = Popen(['rsync', '-av', …], stdin=PIPE, stdout=PIPE, stderr=STDOUT)", 'child.wait()'],
    node: [
      "const child = spawn('rsync', ['-av', …], { stdio: 'pipe' })",
      "child.once('exit', () => child.stdout.on('data', …))",
    ],
  };
  say(...code[parent].map((line) => paint('cyan', line)));
}

/**
 * @param {import('./naive.js').Hung} hung
 * @param {import('./tree.js').Plan} planned
 */
export function showHang({ copied, stillMs, rsync, parent, pipe }, planned) {
  say(paint(['bold', 'red'], 'It hangs.'));
  facts([
    [
      'files copied',
      `${number(copied)} of ${number(planned.files.length)}, none in the last ${seconds(stillMs)}`,
    ],
    ['rsync', `process ${rsync.pid}, ${describeRsync(rsync)}`],
    ...row('its parent', parent && `process ${parent.pid}, ${describeParent(parent)}`),
    ...row('the pipe', pipe && describePipe(pipe)),
  ]);
}

/**
 * @param {string} name
 * @param {string | null} text
 * @returns {[string, string][]}
 */
function row(name, text) {
  return text === null ? [] : [[name, text]];
}

/** @param {import('./proc.js').Sleep} sleeping */
function describeRsync({ call, descriptor, kernel }) {
  if (call !== null) return `blocked in ${call}(${descriptor}, …), its output${inKernel(kernel)}`;
  return kernel === null ? 'which makes no progress' : `blocked while it writes${inKernel(kernel)}`;
}

/** @param {import('./proc.js').Sleep} sleeping */
function describeParent({ call, kernel }) {
  const name = call ?? kernel ?? '';
  if (name.includes('wait4') || name === 'waitid' || name === 'do_wait') {
    return `blocked in ${name}: waits for rsync to exit`;
  }
  if (name.includes('epoll')) return `idle in ${name}: waits for rsync to exit`;
  return name === '' ? 'which waits for rsync to exit' : `in ${name}`;
}

/**
 * A pipe is a row of pages, and a short write goes into one page as a whole: that is why a few bytes stay
 * free.
 *
 * @param {{ unread: number, capacity: number }} pipe
 */
function describePipe({ unread, capacity }) {
  return `${number(unread)} unread bytes of ${number(capacity)}; no page has room for a line`;
}

/** @param {string | null} kernel */
function inKernel(kernel) {
  return kernel === null ? '' : ` (${kernel})`;
}

/**
 * @param {ParentName} parent
 * @param {import('./tree.js').Plan} planned
 */
export function explainHang(parent, { files, listingBytes }) {
  const holds = {
    python3: [`A pipe holds 64 KiB (${number(PIPE_BYTES)} bytes) by default. A write into a full one waits.`],
    node: [
      "Node's pipes are pairs of sockets. Node reads once, then stops until the stream",
      'has a listener. The kernel keeps some tens of KiB of such lines; then a write waits.',
    ],
  };
  say(
    paint('bold', 'Why'),
    ...holds[parent],
    `rsync -av writes a line for each file: ${number(listingBytes)} bytes for these ${number(files.length)}.`,
    'The parent reads once rsync has exited; rsync exits once its output is read.',
    "Both wait for ever. rsync's --timeout does not help: it watches the far end only.",
  );
}

/**
 * @param {ParentName} parent
 * @param {number} bytes
 */
export function explainNoHang(parent, bytes) {
  const most = Math.floor(filesToFill(PIPE_BYTES) / 100) * 100;
  const room = {
    python3: `A pipe holds ${number(PIPE_BYTES)}, the lines of some ${number(most)} files.`,
    node: 'The buffers between the two hold some tens of KiB of such lines.',
  };
  say(
    `It did not hang: rsync wrote ${number(bytes)} bytes, and they fit.`,
    `${room[parent]} Try --files 2000.`,
  );
}
