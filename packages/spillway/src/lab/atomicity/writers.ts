/**
 * Several processes that write to one pipe, each with its own letter, and the bytes in the order in which
 * they are read. dd writes each block by one write(2).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPipe } from '../../pipe/index.js';
import { start } from '../../run/index.js';
import { need, sleepOf, stateOf } from '../bench/index.js';
import type { Notes } from '../notes.js';

const BLOCK = 4096;

export interface Mixture {
  /** Messages between whose first and last byte there is another writer's byte. */
  readonly split: number;
  readonly messages: number;
  /** The writer of each block of 4 KiB, by the block's first byte. */
  readonly blocks: string;
  readonly isWhole: boolean;
}

/**
 * Reading begins when all writers wait in write(2), and for the first blocks it goes on only when all wait
 * again. The kernel wakes one for each block, in the order of waiting, so that each gets its turn: on a
 * loaded machine one alone might write everything before another is scheduled.
 */
export async function mixtureOf(
  notes: Notes,
  { writers, size, count }: { readonly writers: number; readonly size: number; readonly count: number },
): Promise<Mixture> {
  need('dd');
  const letters = Array.from({ length: writers }, (_, index) => String.fromCharCode(65 + index));
  const { reader, writer } = createPipe({ blocking: true, maxRead: BLOCK });
  const children = letters.map((letter) => {
    const path = join(notes.directory, `${letter}-${size}`);
    writeFileSync(path, Buffer.alloc(size * count, letter));
    const args = [`if=${path}`, `bs=${size}`];
    return start('dd', args, { stdout: writer.descriptor, stderr: 'ignore', check: false });
  });
  writer.close();
  try {
    for (const { pid } of children) await sleepOf(pid, ['write']);
    const parts: Buffer[] = [];
    const take = () => {
      const outcome = reader.read();
      if (outcome.kind === 'bytes') parts.push(Buffer.from(outcome.bytes));
      return outcome.kind === 'bytes';
    };
    for (let turns = 0; turns < writers + 2; turns++) {
      take();
      for (const { pid } of children) await stateOf(pid, 'S', 'Z', 'gone');
    }
    while (take());
    const bytes = Buffer.concat(parts);
    const isWhole = bytes.length === writers * size * count;
    return { split: splitIn(bytes, size), messages: writers * count, blocks: blocksOf(bytes), isWhole };
  } finally {
    reader.close();
    await Promise.all(children.map((child) => child.result));
  }
}

/** How many messages of `size` bytes, each of one letter, are in more than one piece. */
export function splitIn(bytes: Uint8Array, size: number): number {
  const written = new Map<number, number>();
  const split = new Set<string>();
  for (let at = 0; at < bytes.length; ) {
    const letter = bytes[at] as number;
    let end = at;
    while (end < bytes.length && bytes[end] === letter) end++;
    const before = written.get(letter) ?? 0;
    // It begins where another writer's bytes end: in the middle of a message?
    if (before % size !== 0) split.add(`${letter} ${Math.floor(before / size)}`);
    written.set(letter, before + end - at);
    at = end;
  }
  return split.size;
}

function blocksOf(bytes: Uint8Array): string {
  let blocks = '';
  for (let at = 0; at < bytes.length; at += BLOCK) blocks += String.fromCharCode(bytes[at] as number);
  return blocks;
}
