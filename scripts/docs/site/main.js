/**
 * `npm run docs`: makes the folder `site/` of the same pages that the repository has. It opens without a
 * server: every link is relative, and scripts and the search index are plain files.
 */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../compiled.js';
import { deadLinks } from '../links.js';
import { renderPage, renderSource } from './content.js';
import { frame } from './frame.js';
import { searchIndex } from './search.js';

const out = join(root, 'site');
const here = fileURLToPath(new URL('.', import.meta.url));

/** The menu: groups of pages, each with the file that it is made of. */
const MENU = [
  [
    'Start',
    [
      ['README.md', 'Spillway'],
      ['docs/guide.md', 'Guide'],
      ['docs/migrate.md', 'Coming from another library'],
    ],
  ],
  [
    'Reference',
    [
      ['docs/api.md', 'Options and functions'],
      ['docs/cli.md', 'Command line'],
      ['docs/template.md', 'Templates: $'],
      ['docs/errors.md', 'Errors'],
      ['docs/outcomes.md', 'Outcomes'],
      ['docs/doctor.md', 'The doctor'],
      ['docs/sync.md', 'Synchronizing with rsync'],
      ['docs/jobs.md', 'Jobs'],
    ],
  ],
  [
    'Background',
    [
      ['docs/gotchas.md', 'Gotchas of child processes'],
      ['docs/platforms.md', 'Which promise holds where'],
      ['docs/bundling.md', 'Bundling'],
      ['docs/protocol.md', 'Protocol of channels'],
      ['docs/protocol-calls.md', 'Protocol of calls'],
      ['bench/RESULTS.md', 'Figures'],
    ],
  ],
  [
    'Project',
    [
      ['CHANGELOG.md', 'Changes'],
      ['CONTRIBUTING.md', 'Contributing'],
      ['SECURITY.md', 'Security'],
    ],
  ],
];

const dead = deadLinks(root);
if (dead.length > 0) throw new Error(dead.join('\n'));

const listed = new Set(MENU.flatMap(([, pages]) => pages.map(([file]) => file)));
for (const name of readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')))
  if (!listed.has(`docs/${name}`))
    throw new Error(`give docs/${name} a place in the menu of ${import.meta.url}`);

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
/** Files outside of the menu that pages link to. @type {Set<string>} */
const sources = new Set();

/** The page of the site that shows a file of the repository. */
function siteName(file) {
  if (file === 'README.md') return 'index.html';
  if (listed.has(file)) return `${basename(file, '.md').toLowerCase()}.html`;
  return `${file.toLowerCase().replaceAll(/[/.]/g, '-')}.html`;
}

/** What a link of the page `from` becomes. */
function linkFrom(from, href) {
  if (/^[a-z]+:/.test(href) || href.startsWith('#')) return href;
  const [path, anchor] = href.split('#');
  const file = relative(root, join(root, dirname(from), path));
  if (/\.svg$/.test(file)) {
    copyFileSync(join(root, file), join(out, basename(file)));
    return basename(file);
  }
  if (!listed.has(file)) sources.add(file);
  return siteName(file) + (anchor === undefined ? '' : `#${anchor}`);
}

const titles = new Map(MENU.flatMap(([, pages]) => pages.map(([file, title]) => [siteName(file), title])));
const sections = [];
for (const [, pages] of MENU)
  for (const [file, title] of pages) {
    const page = renderPage(
      readFileSync(join(root, file), 'utf8'),
      (href) => linkFrom(file, href),
      (to) => titles.get(to.split('#')[0]),
    );
    writeFileSync(join(out, siteName(file)), frame({ menu: MENU, siteName, file, title, page }));
    sections.push(...page.sections.map((section) => ({ ...section, page: title, file: siteName(file) })));
  }
for (const file of sources) {
  const path = join(root, file);
  const files = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(file, name)) : [file];
  const page = renderSource(files.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
  writeFileSync(join(out, siteName(file)), frame({ menu: MENU, siteName, file, title: file, page }));
}
writeFileSync(join(out, 'search-index.js'), `window.SPILLWAY_INDEX = ${searchIndex(sections)};\n`);
const minisearch = createRequire(import.meta.url).resolve('minisearch');
copyFileSync(join(dirname(minisearch), '../umd/index.js'), join(out, 'minisearch.js'));
for (const name of ['style.css', 'client.js']) cpSync(join(here, name), join(out, name));
requireWhole();
console.log(`${relative(process.cwd(), out) || '.'}/index.html: ${readdirSync(out).length} files`);

/** Every link of the site leads to a file and an anchor of the site. */
function requireWhole() {
  const ids = new Map();
  const pages = readdirSync(out).filter((name) => name.endsWith('.html'));
  const textOf = new Map(pages.map((name) => [name, readFileSync(join(out, name), 'utf8')]));
  for (const [name, text] of textOf)
    ids.set(name, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)));
  const files = new Set(readdirSync(out));
  for (const [name, text] of textOf)
    for (const [, href] of text.matchAll(/ (?:href|src)="([^"]+)"/g)) {
      if (/^[a-z]+:/.test(href)) continue;
      const [file, anchor] = decodeURI(href).split('#');
      const target = file === '' ? name : file;
      if (!files.has(target) || (anchor !== undefined && !ids.get(target)?.has(anchor)))
        throw new Error(`site/${name}: the link ${href} is dead`);
    }
}
