/** Reads pages of Markdown: their headings, anchors and links. */
import { marked } from 'marked';

/** The anchors of a page, as GitHub makes them: one `anchor` serves one page. */
export class Anchors {
  #seen = new Map();

  /** @param {string} text of a heading, without its formatting */
  of(text) {
    const plain = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    const count = this.#seen.get(plain) ?? 0;
    this.#seen.set(plain, count + 1);
    return count === 0 ? plain : `${plain}-${count}`;
  }
}

/** The text of inline tokens. */
export function textOf(tokens) {
  return tokens.map((one) => (one.tokens ? textOf(one.tokens) : (one.text ?? one.raw))).join('');
}

/** @returns {{ tokens: object[], anchors: Set<string>, links: string[] }} */
export function readPage(text) {
  const tokens = marked.lexer(text);
  const names = new Anchors();
  const anchors = new Set();
  const links = [];
  marked.walkTokens(tokens, (token) => {
    if (token.type === 'heading') anchors.add(names.of(textOf(token.tokens)));
    if (token.type === 'html') for (const [, id] of token.raw.matchAll(/\bid="([^"]+)"/g)) anchors.add(id);
    if (token.type === 'link' || token.type === 'image') links.push(token.href);
  });
  return { tokens, anchors, links };
}
