/** The site in the browser: light or dark, the menu on narrow screens, the search. */
(() => {
  const page = document.documentElement;
  const stored = (value) => {
    // Some browsers keep nothing for pages from files.
    try {
      if (value) localStorage.setItem('theme', value);
      return localStorage.getItem('theme');
    } catch {
      return null;
    }
  };
  const theme = stored();
  if (theme) page.dataset.theme = theme;

  document.addEventListener('DOMContentLoaded', () => {
    const byId = (id) => document.getElementById(id);
    byId('theme').addEventListener('click', () => {
      const prefersDark = matchMedia('(prefers-color-scheme: dark)').matches;
      const isDark = page.dataset.theme ? page.dataset.theme === 'dark' : prefersDark;
      page.dataset.theme = isDark ? 'light' : 'dark';
      stored(page.dataset.theme);
    });

    const menu = byId('menu');
    const button = byId('open-menu');
    const show = (isOpen) => {
      menu.classList.toggle('open', isOpen);
      button.setAttribute('aria-expanded', String(isOpen));
    };
    button.addEventListener('click', () => show(!menu.classList.contains('open')));
    menu.addEventListener('click', (event) => {
      if (event.target.closest('a')) show(false);
    });
    // Not by scrollIntoView, which would scroll the page as well, away from the part that was asked for.
    const here = menu.querySelector('[aria-current]');
    if (here && here.offsetTop > menu.clientHeight) menu.scrollTop = here.offsetTop - menu.clientHeight / 2;

    const query = byId('query');
    const found = byId('found');
    let chosen = -1;
    query.addEventListener('focus', load, { once: true });
    query.addEventListener('input', search);
    query.addEventListener('keydown', (event) => {
      const links = [...found.querySelectorAll('a')];
      if (event.key === 'Escape') {
        query.value = '';
        search();
      } else if (event.key === 'Enter') links[Math.max(chosen, 0)]?.click();
      else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        chosen = Math.min(Math.max(chosen + (event.key === 'ArrowDown' ? 1 : -1), 0), links.length - 1);
        links.forEach((link, index) => {
          link.classList.toggle('chosen', index === chosen);
          if (index === chosen) link.scrollIntoView({ block: 'nearest' });
        });
      }
    });
    document.addEventListener('keydown', (event) => {
      if (event.key !== '/' || event.target.matches('input')) return;
      event.preventDefault();
      query.focus();
    });
    document.addEventListener('click', (event) => {
      if (!event.target.closest('.search')) found.hidden = true;
      else if (event.target.closest('#found a')) found.hidden = true;
    });

    /** Loaded when it is first needed; as scripts, since a page from a file may not fetch. */
    function load() {
      const script = (src, then) => {
        const element = document.createElement('script');
        element.src = src;
        element.onload = then;
        document.head.append(element);
      };
      script('minisearch.js', () => script('search-index.js', search));
    }

    let index;
    function search() {
      const text = query.value.trim();
      found.hidden = text === '';
      chosen = -1;
      if (text === '' || !window.SPILLWAY_INDEX || !window.MiniSearch) return;
      // Must be the same in search.js.
      const settings = {
        fields: ['title', 'text'],
        storeFields: ['title', 'page', 'file', 'anchor', 'text'],
      };
      index ??= MiniSearch.loadJS(window.SPILLWAY_INDEX, settings);
      const results = index.search(text, {
        prefix: true,
        fuzzy: (term) => (term.length > 5 ? 0.15 : false),
        boost: { title: 4 },
        combineWith: 'AND',
      });
      found.replaceChildren(...results.slice(0, 12).map((result) => entry(result)));
      if (results.length === 0) {
        const nothing = document.createElement('li');
        nothing.textContent = `Nothing is called “${text}”.`;
        found.append(nothing);
      }
    }

    function entry({ title, page: name, file, anchor, text, terms }) {
      const link = document.createElement('a');
      link.href = `${file}#${anchor}`;
      const strong = document.createElement('strong');
      strong.textContent = title;
      const small = document.createElement('small');
      small.textContent = name;
      const words = document.createElement('span');
      const at = Math.max(...terms.map((term) => text.toLowerCase().indexOf(term)), 0);
      const start = Math.max(0, at - 40);
      words.textContent = (start > 0 ? '…' : '') + text.slice(start, start + 120);
      link.append(strong, ' ', small, words);
      const item = document.createElement('li');
      item.append(link);
      return item;
    }
  });
})();
