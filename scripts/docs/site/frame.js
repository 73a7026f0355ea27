/** What is around the content of every page: the menu, the search, the theme. */
import { escaped } from './content.js';

export function frame({ menu, siteName, file, title, page }) {
  const groups = menu.map(([name, pages]) => {
    const items = pages.map(([one, text]) => {
      const isHere = one === file;
      const link = `<a href="${siteName(one)}"${isHere ? ' aria-current="page"' : ''}>${escaped(text)}</a>`;
      return `<li>${link}${isHere ? partsOf(page.headings) : ''}</li>`;
    });
    return `<p>${escaped(name)}</p>\n<ul>\n${items.join('\n')}\n</ul>`;
  });
  const name = title === 'Spillway' ? 'Spillway' : `${title} · Spillway`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(name)}</title>
<link rel="stylesheet" href="style.css">
<script src="client.js"></script>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
<a class="name" href="index.html">Spillway</a>
<div class="search" role="search">
<input type="search" id="query" placeholder="Search" aria-label="Search these pages" autocomplete="off">
<ol id="found" hidden></ol>
</div>
<button type="button" id="theme" aria-label="Light or dark">◐</button>
<button type="button" id="open-menu" aria-label="Menu" aria-expanded="false">☰</button>
</header>
<div class="columns">
<nav id="menu" aria-label="Pages">
${groups.join('\n')}
</nav>
<main id="content">
${page.html}
</main>
</div>
</body>
</html>
`;
}

/** The parts of the page that is shown. */
function partsOf(headings) {
  const parts = headings.filter(({ level }) => level === 2);
  if (parts.length < 2) return '';
  const items = parts.map(({ text, id }) => `<li><a href="#${id}">${escaped(text)}</a></li>`);
  return `\n<ul>${items.join('')}</ul>`;
}
