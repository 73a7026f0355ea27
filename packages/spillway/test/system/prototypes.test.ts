/**
 * The C functions as written down in system/: one that the FFI cannot take would fail only where it is
 * called.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../src/system/', import.meta.url));

/** What stands in quotes between `bind<…>(` or `bindOptional<…>(` and its end. */
const prototypes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
  if (!name.endsWith('.ts')) return [];
  const text = readFileSync(`${folder}${name}`, 'utf8');
  return [...text.matchAll(/'([a-z_0-9]+ \*?[a-z_0-9]+\([^']*\))'/g)].map(
    ([, prototype]) => prototype as string,
  );
});

describe('The prototypes of the C functions', () => {
  it('are found in the sources', () => {
    expect(prototypes.length).toBeGreaterThan(40);
    expect(prototypes.some((prototype) => prototype.includes(' pwrite('))).toBe(true);
  });

  it.each(prototypes)('are accepted by koffi: %s', (prototype) => {
    const bind = () => koffi.load(null).func(prototype);
    try {
      expect(bind()).toBeTypeOf('function');
    } catch (error) {
      // Other systems have others; the one that is missing has another message than the one that is misspelt.
      expect((error as Error).message).toMatch(/^Cannot find function/);
    }
  });
});
