/**
 * The prototypes of C functions in system/. One that the FFI cannot parse would fail only where it is called.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ffi } from '../../src/system/libc/ffi.js';

const folder = fileURLToPath(new URL('../../src/system/', import.meta.url));

interface Binding {
  readonly file: string;
  readonly name: string;
  readonly prototype: string;
}

/** Every prototype that stands in quotes. */
const bindings: Binding[] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((file) => {
  if (!file.endsWith('.ts')) return [];
  const text = readFileSync(`${folder}${file}`, 'utf8');
  const found = text.matchAll(/'((?:const )?[a-z_0-9]+ \*?([a-z_0-9]+)\([^']*\))'/g);
  return [...found].map(([, prototype = '', name = '']) => ({ file, name, prototype }));
});
const prototypes = bindings.map(({ prototype }) => prototype);

describe('The prototypes of the C functions', () => {
  it('are found in the sources', () => {
    expect(prototypes.length).toBeGreaterThan(40);
    expect(prototypes.some((prototype) => prototype.includes(' pwrite('))).toBe(true);
  });

  it('name each C function once, and posix_spawn in one file', () => {
    // posix_spawn takes text and bytes, an array of lines and its address: one prototype for each.
    const seen = new Map<string, Binding>();
    const twice = bindings.filter((binding) => {
      const first = seen.get(binding.name);
      seen.set(binding.name, first ?? binding);
      return first && !(binding.name === 'posix_spawn' && binding.file === first.file);
    });
    expect(twice).toEqual([]);
    expect(new Set(prototypes).size).toBe(prototypes.length);
  });

  it.each(prototypes)('are accepted by koffi: %s', (prototype) => {
    const bind = () => ffi().load(null).func(prototype);
    try {
      expect(bind()).toBeTypeOf('function');
    } catch (error) {
      // Other systems lack some of them. koffi reports a missing function and a misspelt prototype with
      // different messages.
      expect((error as Error).message).toMatch(/^Cannot find function/);
    }
  });
});
