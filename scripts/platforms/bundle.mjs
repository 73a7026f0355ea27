/**
 * `node bundle.mjs NAME`: bundles smoke.mjs, beside this file, into the folder out/NAME as smoke.mjs or
 * smoke.cjs. Prints the bundler's warnings. The bundlers are installed beside it, so it is copied there.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const here = fileURLToPath(new URL('.', import.meta.url));
const entry = `${here}smoke.mjs`;
const name = process.argv[2];
const out = `${here}out/${name}`;
const isModule = !name.endsWith('-cjs');
const file = `smoke.${isModule ? 'mjs' : 'cjs'}`;
const chunkFileNames = `[name].${isModule ? 'mjs' : 'cjs'}`;

const webpack = async () => {
  const output = isModule
    ? { path: out, filename: file, module: true, library: { type: 'module' } }
    : { path: out, filename: file };
  const settings = {
    mode: 'production',
    target: 'node20',
    entry,
    output,
    experiments: { outputModule: isModule },
  };
  const stats = await new Promise((resolve, reject) => {
    require('webpack')(settings, (error, done) => (error ? reject(error) : resolve(done)));
  });
  console.log(stats.toString({ all: false, warnings: true, errors: true }));
};
const esbuild = () =>
  require('esbuild').build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: isModule ? 'esm' : 'cjs',
    outfile: `${out}/${file}`,
  });
const rolldown = async () => {
  const { build } = await import('rolldown');
  const output = { dir: out, format: isModule ? 'esm' : 'cjs', entryFileNames: file, chunkFileNames };
  await build({ input: entry, platform: 'node', output });
};
const rollup = async () => {
  const { nodeResolve } = await import('@rollup/plugin-node-resolve');
  const bundle = await require('rollup').rollup({
    input: entry,
    plugins: [nodeResolve()],
    external: /^node:/,
    onwarn: ({ message }) => console.log(message),
  });
  await bundle.write({ dir: out, format: isModule ? 'es' : 'cjs', entryFileNames: file, chunkFileNames });
};
const vite = async () => {
  const { build } = await import('vite');
  const output = { entryFileNames: file };
  await build({
    root: here,
    logLevel: 'warn',
    build: { ssr: entry, outDir: out, rollupOptions: { output } },
    ssr: { noExternal: true },
  });
};
const ncc = async () => {
  const { code } = await require('@vercel/ncc')(entry, { quiet: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(`${out}/${file}`, code);
};

const bundlers = {
  webpack,
  'webpack-cjs': webpack,
  esbuild,
  'esbuild-cjs': esbuild,
  rolldown,
  'rolldown-cjs': rolldown,
  rollup,
  'rollup-cjs': rollup,
  vite,
  ncc,
};
await bundlers[name]();
