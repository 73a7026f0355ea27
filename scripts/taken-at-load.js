/** Gives a bundle in CommonJS what an ES module has: imports that nothing can replace after it is loaded. */

/** How the bundler exports a value, for the case that it changes. Each call would go through it. */
const GETTER = new RegExp(
  '^Object\\.defineProperty\\(exports, "([\\w$]+)", \\{\\n\\tenumerable: true,\\n' +
    '\\tget: function\\(\\) \\{\\n\\t\\treturn ([\\w$]+);\\n\\t\\}\\n\\}\\);$',
  'gm',
);

/**
 * `(0, node_fs.readSync)(…)` becomes `node_fs$readSync(…)`, taken from the module when this one is loaded. So
 * it is in an ES module: what a test replaces in `node:fs` afterwards does not reach the library.
 */
export function takenAtLoad(text) {
  let rest = text;
  for (const [line, module] of text.matchAll(/^(?:let|const) ((?:node|require)_\w+) = require\(.*\);$/gm)) {
    const names = new Set();
    const use = new RegExp(`\\(0, ${module}\\.([\\w$]+)\\)|\\b${module}\\.([\\w$]+)`, 'g');
    rest = rest.replace(use, (_, called, named) => {
      names.add(called ?? named);
      return `${module}$${called ?? named}`;
    });
    const taken = [...names].map((name) => `${name}: ${module}$${name}`).join(', ');
    rest = rest.replace(line, () => `const { ${taken} } = ${line.slice(line.indexOf('require('))}`);
    if (new RegExp(`\\b${module}\\b(?!\\$)`).test(rest)) throw new Error(`${module} is used as a whole`);
  }
  return rest.replace(GETTER, (_, name, local) => {
    const own = local.replaceAll('$', '\\$');
    if (new RegExp(`^(?:let|var) ${own}\\b(?! = (?:class\\b|.*__exportAll\\())`, 'm').test(text))
      throw new Error(`${name} is exported, and may get another value`);
    return `exports.${name} = ${local};`;
  });
}
