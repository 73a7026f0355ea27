/** DOT as SVG, laid out by Graphviz, which @viz-js/viz brings as WebAssembly: no program has to be installed. */
import { DoctorError } from '../snapshot/index.js';
import { xmlText } from './markup.js';

/** The parts of @viz-js/viz in use here; its own types need those of a browser. */
interface Viz {
  render(dot: string, options: { readonly format: string; readonly engine: string }): Rendered;
}

interface Rendered {
  readonly status: 'success' | 'failure';
  readonly output: string | undefined;
  readonly errors: readonly { readonly level?: string; readonly message: string }[];
}

/**
 * An SVG document that refers to nothing outside of it; `title` is what a browser calls it, and a screen reader says. Rejects with DoctorError
 * `NO_PICTURE`.
 */
export async function svgOf(dot: string, title: string): Promise<string> {
  const { status, output, errors } = laidOut(await load(), dot);
  // Labels that it cannot read it leaves out, and goes on. Warnings are about the widths of letters alone.
  const problems = errors.filter(({ level }) => level === 'error').map(({ message }) => message);
  if (status !== 'success' || output === undefined || problems.length > 0)
    throw new DoctorError('NO_PICTURE', `Graphviz could not lay it out: ${problems.join('; ') || status}`);
  // Without its own beginning, which refers to a DTD elsewhere.
  const [element = '', ...rest] = output.slice(output.indexOf('<svg')).split('>\n');
  const named = [`${element} role="img"`, `<title>${xmlText(title)}</title`, ...rest].join('>\n');
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${named}`;
}

function laidOut(viz: Viz, dot: string): Rendered {
  try {
    return viz.render(dot, { format: 'svg', engine: 'dot' });
  } catch (error) {
    // Its own memory may be too small for it.
    throw new DoctorError('NO_PICTURE', `Graphviz could not lay it out: ${message(error)}`, { cause: error });
  }
}

async function load(): Promise<Viz> {
  try {
    // Loaded here and not above: a megabyte that only a picture needs.
    const { instance } = await import('@viz-js/viz');
    return (await instance()) as Viz;
  } catch (error) {
    throw new DoctorError('NO_PICTURE', `the package @viz-js/viz cannot be used: ${message(error)}`, {
      cause: error,
    });
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
