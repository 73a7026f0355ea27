/** Escapes text for DOT's HTML-like labels. */
import { xmlText } from '../../base/index.js';

/**
 * Escapes the special characters of XML, and the backslash: Graphviz replaces `\N` by the name of the node,
 * even if it is written as an entity, and two backslashes by one. `safe` has already replaced control
 * characters, which XML cannot contain.
 */
export function markup(text: string): string {
  return xmlText(text.replaceAll('\\', '\\\\'));
}
