/** DOT as SVG, laid out by Graphviz, which @viz-js/viz brings as WebAssembly: no program has to be installed. */
import { DoctorError } from '../snapshot/index.js';

/** The parts of @viz-js/viz in use here; its own types need those of a browser. */
interface Viz {
  render(dot: string, options: { readonly format: string; readonly engine: string }): Rendered;
}

interface Rendered {
  readonly status: 'success' | 'failure';
  readonly output: string | undefined;
  readonly errors: readonly { readonly level?: string; readonly message: string }[];
}

/** An SVG document that refers to nothing outside of it. Rejects with DoctorError `NO_PICTURE`. */
export async function svgOf(dot: string): Promise<string> {
  const viz = await load();
  const { status, output, errors } = viz.render(dot, { format: 'svg', engine: 'dot' });
  // Labels that it cannot read it leaves out, and goes on. Warnings are about the widths of letters alone.
  const problems = errors.filter(({ level }) => level === 'error').map(({ message }) => message);
  if (status !== 'success' || output === undefined || problems.length > 0)
    throw new DoctorError('NO_PICTURE', `Graphviz could not lay it out: ${problems.join('; ') || status}`);
  // Without its own beginning, which refers to a DTD elsewhere.
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${output.slice(output.indexOf('<svg'))}`;
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
