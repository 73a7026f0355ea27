/** Markdown and source files as HTML, and the sections that the search finds. */
import hljs from 'highlight.js/lib/common';
import { Marked } from 'marked';
import { Anchors, textOf } from '../markdown.js';

/**
 * @typedef {{ html: string, headings: { level: number, text: string, id: string }[],
 *   sections: { id: string, title: string, text: string }[] }} Page
 */

/**
 * @param {string} text
 * @param {(href: string) => string} link what a link of the page becomes
 * @param {(file: string) => string | undefined} titleOf the title of a page of the site
 * @returns {Page}
 */
export function renderPage(text, link, titleOf) {
  const names = new Anchors();
  const headings = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const title = textOf(tokens);
        const id = names.of(title);
        headings.push({ level: depth, text: title, id });
        // A heading without letters has an anchor of its own before it.
        const mark =
          depth === 1 || id === ''
            ? ''
            : ` <a class="mark" href="#${id}" aria-label="Link to this part">#</a>`;
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}${mark}</h${depth}>\n`;
      },
      code: ({ text: code, lang }) => block(code, lang),
      // A name is not broken at its hyphens, or in the middle.
      codespan: ({ text: code }) =>
        `<code${code.length <= 28 ? ' class="short"' : ''}>${escaped(code)}</code>`,
      link({ href, tokens }) {
        const to = link(href);
        // Beside each other, files have names; here they are pages with a title.
        const text = /^[\w-]+\.md$/.test(textOf(tokens)) ? titleOf(to) : undefined;
        return `<a href="${escaped(to)}">${text ? escaped(text) : this.parser.parseInline(tokens)}</a>`;
      },
      image: ({ href, text: alt }) => `<img src="${escaped(link(href))}" alt="${escaped(alt)}">`,
      table({ header, rows }) {
        const row = (cells, tag) =>
          `<tr>${cells
            .map(({ tokens, align }) => {
              const how = align ? ` style="text-align:${align}"` : '';
              return `<${tag}${how}>${this.parser.parseInline(tokens)}</${tag}>`;
            })
            .join('')}</tr>`;
        const isTitled = header.some(({ text: title }) => title.trim() !== '');
        const head = isTitled ? `<thead>${row(header, 'th')}</thead>` : '';
        const body = rows.map((cells) => row(cells, 'td')).join('\n');
        const how = header.length > 6 ? ' class="many"' : '';
        return `<div class="table"><table${how}>${head}<tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  // A line that begins with bold words, as "Others.", begins a line here, too.
  const html = marked.parse(text.replaceAll(/\n(?=\*\*[A-Z][^*\n]*\*\*)/g, '  \n'));
  return { html, headings, sections: sectionsOf(marked.lexer(text)) };
}

/** @param {[name: string, text: string][]} files @returns {Page} */
export function renderSource(files) {
  const names = new Anchors();
  const headings = files.map(([name]) => ({ level: 2, text: name, id: names.of(name) }));
  const parts = files.map(
    ([name, text], index) =>
      `<h2 id="${headings[index].id}">${escaped(name)}</h2>\n${block(text, languageOf(name))}`,
  );
  return { html: parts.join('\n'), headings, sections: [] };
}

function languageOf(name) {
  return { py: 'python', sh: 'sh', js: 'js', mjs: 'js', ts: 'ts' }[name.split('.').at(-1)];
}

function block(code, lang) {
  const language = lang && hljs.getLanguage(lang) ? lang : undefined;
  const html = language ? hljs.highlight(code, { language }).value : escaped(code);
  return `<pre><code>${html}</code></pre>\n`;
}

/** What stands under each heading, as text. */
function sectionsOf(tokens) {
  const names = new Anchors();
  const found = [];
  for (const token of tokens) {
    if (token.type === 'heading') {
      const title = textOf(token.tokens);
      found.push({ id: names.of(title), title, text: '' });
    } else if (/^<a id="option-/.test(token.raw)) {
      found.push({ id: /id="([^"]+)"/.exec(token.raw)[1], title: '', text: '' });
    } else if (found.length > 0 && token.type === 'paragraph' && found.at(-1).title === '') {
      // An option begins with its name.
      const [name, ...text] = textOf(token.tokens).split(': ');
      Object.assign(found.at(-1), { title: name, text: `${text.join(': ')}\n` });
    } else if (found.length > 0 && token.type !== 'html' && token.type !== 'space') {
      found.at(-1).text += `${plain(token)}\n`;
    }
  }
  return found;
}

function plain(token) {
  if (token.type === 'table')
    return [token.header, ...token.rows].map((cells) => cells.map(({ text }) => text).join(' ')).join('\n');
  return token.raw ?? '';
}

export function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
