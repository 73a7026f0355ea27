/** The search index, made here so that a browser only has to load it. */
import MiniSearch from 'minisearch';

/** `idleTimeout` is found by `idle` and by `timeout`, too. */
const tokenize = (text) =>
  text.split(/[\s\p{P}]+/u).flatMap((word) => [...new Set([word, ...word.split(/(?<=[a-z])(?=[A-Z])/)])]);

/** Fields must be the same in client.js. */
const SETTINGS = {
  tokenize,
  fields: ['title', 'text'],
  storeFields: ['title', 'page', 'file', 'anchor', 'text'],
};

export function searchIndex(sections) {
  const index = new MiniSearch(SETTINGS);
  index.addAll(
    sections.map(({ id, title, text, page, file }, number) => ({
      id: number,
      title,
      page,
      file,
      anchor: id,
      text: text
        .replaceAll(/[`*|\\]|\]\([^)]*\)|\[/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    })),
  );
  return JSON.stringify(index);
}
