/**
 * The public declarations of the library, with their comments: what each door exports, from the files that
 * tsc writes, read with the parser of rolldown.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'rolldown/utils';

/**
 * All overloads of a function are one. `bases` are the classes and interfaces that it extends; `alias` is the
 * type that it is another name for.
 * @typedef {{ name: string, kind: 'function' | 'class' | 'interface' | 'type' | 'const', comment: string,
 *   code: string, file: string, alias: string | undefined, members: Member[],
 *   bases: { name: string, text: string }[] }} Declaration
 * @typedef {{ name: string, signature: string, comment: string, isStatic: boolean }} Member
 */

export class Declarations {
  /** @type {Map<string, Module>} */
  #modules = new Map();
  #root;

  /** @param {string} root the folder of the declaration files */
  constructor(root) {
    this.#root = root;
  }

  /** @param {string} door such as `index`; @returns {Map<string, Declaration>} */
  exportsOf(door) {
    return this.#exports(join(this.#root, `${door}.d.ts`));
  }

  /** @param {string} door the comment at the top of the file */
  introduction(door) {
    const { text, comments } = this.#module(join(this.#root, `${door}.d.ts`));
    const [first] = comments;
    return first && text.slice(0, first.start).trim() === '' ? plain(first.value) : '';
  }

  /** What a name stands for in a file: declared there, or imported. @returns {Declaration | undefined} */
  resolve(file, name) {
    const { program, locals } = this.#module(file);
    if (locals.has(name)) return locals.get(name);
    for (const node of program.body) {
      if (node.type !== 'ImportDeclaration' || !node.source.value.startsWith('.')) continue;
      const found = node.specifiers.find(({ local }) => local.name === name);
      if (found) return this.#exports(beside(file, node.source.value)).get(found.imported.name);
    }
    return undefined;
  }

  #exports(file) {
    const { program, locals } = this.#module(file);
    const found = new Map();
    for (const node of program.body) {
      if (node.type === 'ExportAllDeclaration') {
        for (const [name, one] of this.#exports(beside(file, node.source.value))) found.set(name, one);
      } else if (node.type === 'ExportNamedDeclaration' && node.source) {
        const there = this.#exports(beside(file, node.source.value));
        for (const { local, exported } of node.specifiers) {
          const one = there.get(local.name);
          // What is exported as a destructured constant has no declaration; no door hands one on.
          if (one) found.set(exported.name, { ...one, name: exported.name });
        }
      } else if (node.type === 'ExportNamedDeclaration') {
        for (const name of node.declaration ? namesOf(node.declaration) : [])
          found.set(name, locals.get(name));
        for (const { local, exported } of node.specifiers ?? [])
          if (locals.has(local.name)) found.set(exported.name, locals.get(local.name));
      }
    }
    return found;
  }

  /** @returns {Module} */
  #module(file) {
    let module = this.#modules.get(file);
    if (!module) {
      module = new Module(file);
      this.#modules.set(file, module);
    }
    return module;
  }
}

class Module {
  /** @type {Map<string, Declaration>} */
  locals = new Map();

  constructor(file) {
    this.file = file;
    this.text = readFileSync(file, 'utf8');
    const { program, comments, errors } = parseSync(file, this.text, { lang: 'dts' });
    if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
    this.program = program;
    this.comments = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'));
    for (const node of program.body) {
      const declared = node.type === 'ExportNamedDeclaration' ? node.declaration : node;
      for (const name of declared ? namesOf(declared) : []) this.#add(name, declared, node.start);
    }
  }

  /** The doc comment that ends right before `start`. */
  commentBefore(start) {
    const comment = this.comments.findLast(({ end }) => end <= start);
    return comment && this.text.slice(comment.end, start).trim() === '' ? plain(comment.value) : '';
  }

  #add(name, node, start) {
    const code = this.text.slice(node.start, node.end).replace(/^declare /, '');
    const comment = this.commentBefore(start);
    const before = this.locals.get(name);
    if (before?.kind === 'function') {
      before.code += `\n${code}`;
      return;
    }
    // A value beside a type of the same name, as for `instanceof`, adds nothing.
    if (before && node.type === 'VariableDeclaration') return;
    const body = node.body?.body ?? [];
    this.locals.set(name, {
      name,
      kind: KINDS[node.type],
      comment,
      code,
      file: this.file,
      alias: node.typeAnnotation?.typeName?.name,
      members: body.flatMap((member) => this.#member(member)),
      bases: [node.superClass, ...(Array.isArray(node.extends) ? node.extends : [])]
        .filter(Boolean)
        .map((one) => ({ name: one.name ?? one.expression.name, text: this.#slice(one) })),
    });
  }

  #member(node) {
    const isHidden = node.accessibility === 'private' || node.accessibility === 'protected';
    if (isHidden || node.kind === 'constructor' || node.key?.type === 'PrivateIdentifier') return [];
    const signature = this.#slice(node)
      .replace(/;$/, '')
      .replace(/\breadonly /, '');
    const name = node.key ? this.#slice(node.key) : signature;
    return [{ name, signature, comment: this.commentBefore(node.start), isStatic: node.static === true }];
  }

  #slice({ start, end }) {
    return this.text.slice(start, end);
  }
}

const KINDS = {
  TSDeclareFunction: 'function',
  FunctionDeclaration: 'function',
  ClassDeclaration: 'class',
  TSInterfaceDeclaration: 'interface',
  TSTypeAliasDeclaration: 'type',
  VariableDeclaration: 'const',
};

function namesOf(node) {
  if (node.type === 'VariableDeclaration') return node.declarations.map(({ id }) => id.name);
  return KINDS[node.type] ? [node.id.name] : [];
}

function beside(file, path) {
  return join(dirname(file), path.replace(/\.js$/, '.d.ts'));
}

/** A doc comment without its stars. */
function plain(comment) {
  return comment
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}
