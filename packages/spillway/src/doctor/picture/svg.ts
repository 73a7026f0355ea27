/** Turns DOT into SVG with Graphviz, which @viz-js/viz contains as WebAssembly: no program to install. */
import { errorText, installed, xmlText } from '../../base/index.js';
import { DoctorError } from '../snapshot/index.js';

/** The part of @viz-js/viz used here; its own types need the browser's types. */
interface Viz {
  render(dot: string, options: { readonly format: string; readonly engine: string }): Rendered;
}

interface Rendered {
  readonly status: 'success' | 'failure';
  readonly output: string | undefined;
  readonly errors: readonly { readonly level?: string; readonly message: string }[];
}

/**
 * An SVG document without external references. Browsers show `title`, and screen readers read it. Rejects
 * with DoctorError `ERR_DOCTOR_NO_PICTURE`.
 */
export async function svgOf(dot: string, title: string): Promise<string> {
  const { status, output, errors } = laidOut(await load(), dot);
  // Graphviz drops invalid labels and still reports success. Its warnings only concern letter widths.
  const problems = errors.filter(({ level }) => level === 'error').map(({ message }) => message);
  if (status !== 'success' || output === undefined || problems.length > 0)
    throw new DoctorError(
      'ERR_DOCTOR_NO_PICTURE',
      `Graphviz could not lay it out: ${problems.join('; ') || status}`,
    );
  // Drops Graphviz's prologue, which refers to an external DTD.
  const [element = '', ...rest] = output.slice(output.indexOf('<svg')).split('>\n');
  const named = [`${element} role="img"`, `<title>${xmlText(title)}</title`, ...rest].join('>\n');
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${named}`;
}

function laidOut(viz: Viz, dot: string): Rendered {
  try {
    return viz.render(dot, { format: 'svg', engine: 'dot' });
  } catch (error) {
    // WebAssembly may run out of memory.
    throw new DoctorError('ERR_DOCTOR_NO_PICTURE', `Graphviz could not lay it out: ${errorText(error)}`, {
      cause: error,
    });
  }
}

async function load(): Promise<Viz> {
  // Looked for when it is needed: a megabyte that only a picture needs, and few users install.
  const viz = installed('@viz-js/viz');
  if (!viz)
    throw new DoctorError(
      'ERR_DOCTOR_NO_PICTURE',
      'an SVG is laid out by the package @viz-js/viz, which is not installed; do: npm install @viz-js/viz ' +
        '(DOT, as toDot() and a file name in .dot give it, needs no package)',
    );
  try {
    const { instance } = viz.load() as { instance(): Promise<Viz> };
    return await instance();
  } catch (error) {
    throw new DoctorError(
      'ERR_DOCTOR_NO_PICTURE',
      `the package @viz-js/viz cannot be used: ${errorText(error)}`,
      { cause: error },
    );
  }
}
