/** docs/api.md, from the declarations of the library, their comments and its table of options. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'rolldown/utils';
import { Declarations } from './declarations.js';
import { INTERNAL, VARIABLES } from './environment.js';
import { optionsPart } from './options.js';
import { code, fenced, prose, Renderer, wrapped } from './render.js';
import { DOORS } from './sections.js';

const DIAGNOSTICS = wrapped(
  'Every command publishes on channels of `node:diagnostics_channel`: `spillway:start` a `StartMessage`, ' +
    '`spillway:output` an `OutputMessage` for each chunk, `spillway:terminate` a `TerminateMessage`, ' +
    '`spillway:exit` an `ExitMessage`.',
);
const ON_SIGNAL = wrapped(
  '`node --import spillway/doctor/on-signal program.js`: on SIGUSR2 the program prints to stderr what its ' +
    'children wait for, and goes on. It exports nothing.',
);

/** What the package exports, and this page shows. */
const FROM = new Set([...DOORS.map(({ from }) => from), 'spillway/doctor/on-signal']);

/** @param {import('./compiled.js').Compiled} compiled */
export function apiPage(compiled) {
  const declarations = new Declarations(compiled.types);
  for (const name of Object.keys(compiled.exports))
    if (!/json$/.test(name) && !FROM.has(`spillway${name.slice(1)}`))
      throw new Error(`give the export ${name} of package.json a place in scripts/docs/sections.js`);
  const doors = DOORS.map((door) => ({ ...door, exports: declarations.exportsOf(door.door) }));
  const anchors = new Map();
  for (const { sections } of doors)
    for (const name of sections.flatMap(([, names]) => names)) {
      if (anchors.has(name)) throw new Error(`${name} stands twice in scripts/docs/sections.js`);
      anchors.set(name, `#${anchorOf(name)}`);
    }
  for (const { from, exports } of doors)
    for (const name of exports.keys())
      if (!anchors.has(name)) throw new Error(`give ${name} of ${from} a place in scripts/docs/sections.js`);
  const renderer = new Renderer(declarations, anchors);
  const options = optionsPart(compiled.options, {
    members: (name) => renderer.members(doors[0].exports.get(name)),
    type: (text) => renderer.type(text, doors[0].exports.get('RunOptions').file),
    help: compiled.print('run', '--help'),
  });

  const parts = [
    '# Reference',
    '<!-- Written by npm run docs:pages from the types and comments in packages/spillway/src. -->',
    wrapped(
      'Every function, option, result and error, from the types and comments of the source. The ' +
        '[guide](guide.md) has examples; the command line has [a page of its own](cli.md).',
    ),
    contents(doors),
  ];
  for (const { from, door, sections, exports } of doors) {
    const { text, example } = prose(declarations.introduction(door));
    parts.push(`## ${from}`, text, example ? fenced(example) : '');
    for (const [title, names] of sections) {
      parts.push(`### ${title}`);
      if (title === 'Options') {
        parts.push(options);
        for (const name of names.filter(
          (name) => exports.get(name).kind !== 'interface' || name === 'StageOptions',
        ))
          parts.push(heading(name), renderer.declaration(exports.get(name)));
        parts.push(
          ['RunOptions', 'StartOptions', 'SyncRunOptions']
            .map((name) => `<a id="${anchorOf(name)}"></a>`)
            .join(''),
          'The types of all options are `RunOptions`, `StartOptions` and `SyncRunOptions`.',
        );
        continue;
      }
      if (title.startsWith('Errors')) parts.push(errorTable(names, exports, renderer, anchors));
      if (title === 'Diagnostics channels') parts.push(DIAGNOSTICS);
      for (const name of names) {
        const one = exports.get(name);
        if (!one) throw new Error(`${from} does not export ${name}; scripts/docs/sections.js names it`);
        parts.push(heading(name), renderer.declaration(one));
      }
    }
  }
  parts.push(
    '## spillway/doctor/on-signal',
    ON_SIGNAL,
    '## Environment variables',
    variables(compiled.modules),
  );
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function anchorOf(name) {
  return name === '$' ? 'dollar' : name.toLowerCase();
}

/** `$` has no letters for an anchor. */
function heading(name) {
  return name === '$' ? '<a id="dollar"></a>\n\n#### `$`' : `#### \`${name}\``;
}

function contents(doors) {
  const lines = doors.map(({ from, sections }) => {
    const links = sections.map(([title]) => `[${title}](#${title.toLowerCase().replaceAll(' ', '-')})`);
    return wrapped(`- \`${from}\`: ${links.join(', ')}`);
  });
  return [...lines, '- [Environment variables](#environment-variables)'].join('\n');
}

/** Each class with its code, where its type tells it. */
function errorTable(names, exports, renderer, anchors) {
  const rows = names
    .filter((name) => exports.get(name).kind === 'class')
    .map((name) => {
      const one = exports.get(name);
      const codes =
        renderer.members(one, () => false).find((member) => member.name === 'code')?.signature ?? '';
      const literal = /code = "(\w+)"/.exec(codes)?.[1];
      const kind = one.bases.map(({ name: base }) => `\`${base}\``).join(', ');
      const shown = literal ? code(literal) : '[by reason](errors.md)';
      return `| [\`${name}\`](${anchors.get(name)}) | ${shown} | ${kind} |`;
    });
  return [
    wrapped('[errors.md](errors.md) says when each is thrown, and has the codes of those that have several.'),
    ['| class | `code` | a subclass of |', '|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}

/** Checks that the list has every variable that the compiled modules read by name. */
function variables(modules) {
  const listed = new Set([...VARIABLES.flatMap(([names]) => names.split(', ')), ...INTERNAL]);
  for (const file of readdirSync(modules, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue;
    const text = readFileSync(join(modules, file), 'utf8');
    const found = (name) => {
      if (!listed.has(name)) throw new Error(`${file} reads ${name}: list it in scripts/docs/environment.js`);
    };
    const isEnvironment = (node) => node?.type === 'MemberExpression' && node.property.name === 'env';
    new Visitor({
      MemberExpression({ object, property, computed }) {
        if (!computed && isEnvironment(object)) found(property.name);
      },
      VariableDeclarator({ id, init }) {
        if (!isEnvironment(init) || id.type !== 'ObjectPattern') return;
        for (const { key } of id.properties) if (key) found(key.name);
      },
    }).visit(parseSync(file, text).program);
  }
  const rows = VARIABLES.map(
    ([names, when, meaning]) => `| ${names.split(', ').map(code).join(', ')} | ${when} | ${meaning} |`,
  );
  return ['| variable | | |', '|---|---|---|', ...rows].join('\n');
}
