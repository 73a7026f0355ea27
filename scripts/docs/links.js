/**
 * Checks that no link of a page is dead: the file is there, and so is the heading. What is on the web is not
 * asked for.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { readPage } from './markdown.js';

/** The pages of the folder `root`, as paths from there. */
export function pagesOf(root) {
  const inFolder = (name) =>
    existsSync(join(root, name)) ? readdirSync(join(root, name)).map((file) => join(name, file)) : [];
  return ['.', 'docs', 'bench'].flatMap(inFolder).filter((name) => name.endsWith('.md'));
}

/** @returns {string[]} dead links, each with its page */
export function deadLinks(root) {
  const anchors = new Map();
  const anchorsOf = (file) => {
    if (!anchors.has(file)) anchors.set(file, readPage(readFileSync(file, 'utf8')).anchors);
    return anchors.get(file);
  };
  return pagesOf(root).flatMap((page) => {
    const path = join(root, page);
    const { links } = readPage(readFileSync(path, 'utf8'));
    return links.flatMap((link) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [file = '', anchor] = decodeURI(link).split('#');
      const target = file === '' ? path : join(dirname(path), file);
      const isInside = !relative(root, target).startsWith('..');
      if (!isInside || !existsSync(target)) return [`${page}: no file ${link}`];
      if (anchor === undefined) return [];
      const isThere = statSync(target).isFile() && target.endsWith('.md') && anchorsOf(target).has(anchor);
      return isThere ? [] : [`${page}: no heading ${link}`];
    });
  });
}
