/** Puts declarations into Markdown. */

/** @typedef {import('./declarations.js').Declaration} Declaration */

/** Members that a reader of the page does not call. */
const HIDDEN = /^(?:inspect\.custom|passOn|Symbol\.toStringTag|toJSON|name|prototype|then|catch|finally)$/;

export class Renderer {
  #declarations;
  /** Names that have a heading on the page, and its anchor. @type {Map<string, string>} */
  #anchors;

  constructor(declarations, anchors) {
    this.#declarations = declarations;
    this.#anchors = anchors;
  }

  /** @param {Declaration} one */
  declaration(one) {
    const { text, example } = prose(one.comment);
    const parts = [text];
    if (one.kind === 'function' || one.kind === 'type' || one.kind === 'const') parts.push(fenced(one.code));
    else parts.push(this.#bases(one));
    parts.push(this.#table(this.members(one)));
    if (example) parts.push(fenced(example));
    return parts.filter(Boolean).join('\n\n');
  }

  /** Its own members, and those of bases that have no heading. @param {Declaration} one */
  members(one, isShown = (name) => this.#anchors.has(name)) {
    const all = one.members.filter(
      ({ name, isStatic, comment }) => !HIDDEN.test(name) && !isStatic && !/^@internal/m.test(comment),
    );
    // `Child` is another name for a class with its types filled in.
    const names = [...one.bases.map(({ name }) => name), one.alias];
    for (const name of names) {
      if (!name || isShown(name)) continue;
      let base = this.#declarations.resolve(one.file, name);
      // A constant that stands for a class whose members are those of an interface.
      const facts = base?.kind === 'const' && /=> (\w+)/.exec(base.code)?.[1];
      if (facts) base = this.#declarations.resolve(one.file, facts);
      if (!base || (one.alias && base.kind !== 'class')) continue;
      const has = new Set(all.map((member) => member.name));
      all.push(...this.members(base, isShown).filter((member) => !has.has(member.name)));
    }
    return all;
  }

  #bases({ bases, kind }) {
    const shown = bases.filter(({ name }) => this.#anchors.has(name) || /Error$/.test(name));
    if (shown.length === 0) return '';
    const list = shown.map(({ name, text }) =>
      this.#anchors.has(name) ? `[\`${text}\`](${this.#anchors.get(name)})` : `\`${text}\``,
    );
    return kind === 'class' ? `A subclass of ${list.join(', ')}.` : `All of ${list.join(', ')}, and:`;
  }

  #table(members) {
    if (members.length === 0) return '';
    const rows = members.map(({ signature, comment }) => {
      const { text, example } = prose(comment);
      const shown = example ? `${text}\n\nExample: \`${oneLine(example)}\`` : text;
      return `| ${code(oneLine(signature))} | ${cell(shown)} |`;
    });
    return ['| | |', '|---|---|', ...rows].join('\n');
  }

  /**
   * A type as words: its alternatives, with links to those that have a heading. A name without one is taken
   * apart, where it is declared in `file`, or imported there.
   */
  type(text, file) {
    const parts = alternatives(text).flatMap((one) => {
      if (this.#anchors.has(one) || !/^\w+$/.test(one)) return [one];
      const alias = this.#declarations.resolve(file, one);
      return alias?.kind === 'type' ? alternatives(alias.code.replace(/^type \w+ =|;$/g, '')) : [one];
    });
    return parts
      .filter((one) => one !== 'undefined')
      .map((one) => (this.#anchors.has(one) ? `[\`${one}\`](${this.#anchors.get(one)})` : code(one)))
      .join(', ');
  }
}

/** The comment without its tags, which become sentences, and the example apart. */
export function prose(comment) {
  const [text, ...tags] = comment.split(/^@(?=\w)/m);
  const lines = [];
  let example = '';
  for (const tag of tags) {
    const [, name, rest] = /^(\w+)\s*([\s\S]*)$/.exec(tag);
    if (name === 'example') example = rest.trim();
    else lines.push(sentence(name, rest.trim().replace(/\s*\n\s*/g, ' ')));
  }
  const list = lines.map((line) => `- ${line}`).join('\n');
  return { text: wrapped([text.trim(), list].filter(Boolean).join('\n\n')), example };
}

function sentence(tag, text) {
  if (tag === 'param') return text.replace(/^(\S+)\s*(?:- )?/, (_, name) => `\`${name}\`: `);
  if (tag === 'returns') return `Returns: ${text}`;
  if (tag === 'throws') return `Throws ${text.replace(/^\{(\w+)\}/, '`$1`')}`;
  throw new Error(`the tag @${tag} has no form on the page`);
}

/** Lines of at most 110 columns. */
export function wrapped(text, most = 110) {
  return text
    .split(/\n{2,}/)
    .map((paragraph) =>
      items(paragraph)
        .map((item) => fill(item, most))
        .join('\n'),
    )
    .join('\n\n');
}

/** A paragraph, or the items of its list, each on one line. */
function items(paragraph) {
  return paragraph.replace(/\n(?!- )\s*/g, ' ').split('\n');
}

function fill(line, most) {
  const indent = line.startsWith('- ') ? '  ' : '';
  const lines = [''];
  // Code is not broken.
  for (const word of line.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
    const last = lines.at(-1);
    if (last !== '' && last.trim() !== '' && last.length + 1 + word.length > most) lines.push(indent + word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}

export function fenced(text) {
  return `\`\`\`ts\n${tidy(text)}\n\`\`\``;
}

/** Types without what every option has. */
export function tidy(text) {
  return text
    .replaceAll(/\breadonly (?=\w+\??:)/g, '')
    .replace(/^(\w+\?: .*) \| undefined$/, '$1')
    .replaceAll(/(\w\?: [^;(){}]*?) \| undefined(?=;|,| \})/g, '$1')
    .replace(/^get (?=\w+\()(\w+)\(\)/, '$1');
}

export function code(text) {
  const escaped = tidy(text).replaceAll('|', '\\|');
  return text.includes('`') ? `\`\` ${escaped} \`\`` : `\`${escaped}\``;
}

/** Text within a row of a table. */
export function cell(text) {
  return text
    .replaceAll('|', '\\|')
    .replaceAll(/\n+- /g, '<br>– ')
    .replaceAll(/\n{2,}/g, '<br>')
    .replaceAll(/\s*\n\s*/g, ' ');
}

export function oneLine(text) {
  return text
    .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The members of a union, outside of brackets. */
function alternatives(text) {
  const found = [''];
  let depth = 0;
  for (const character of oneLine(text)) {
    if ('([{<'.includes(character)) depth++;
    if (')]}>'.includes(character) && !found.at(-1).endsWith('=')) depth--;
    if (character === '|' && depth === 0) found.push('');
    else found[found.length - 1] += character;
  }
  return found.map((one) => one.trim().replace(/^\((.*)\)$/, '$1')).filter(Boolean);
}
