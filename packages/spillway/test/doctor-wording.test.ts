import { describe, expect, it } from 'vitest';
import { safe, safeName } from '../src/doctor/wording/index.js';

describe('what a process calls itself', () => {
  it.each([
    ['plain', 'plain'],
    ['żółw 漢字 🐢', 'żółw 漢字 🐢'],
    ['two\nlines', 'two\\nlines'],
    ['\x1b[2Jclear', '\\x1b[2Jclear'],
    ['\x9b31m', '\\x9b31m'],
    ['bell\x07 del\x7f nul\0', 'bell\\x07 del\\x7f nul\\x00'],
    ['\u202etxt.exe', '\\u202etxt.exe'],
    ['zero\u200bwidth', 'zero\\u200bwidth'],
    ['line\u2028separator', 'line\\u2028separator'],
    ['\ud800', '\\ud800'],
    ['a\\x1b', 'a\\\\x1b'],
  ])('is shown, and does not act: %j', (text, shown) => {
    expect(safe(text)).toBe(shown);
  });

  it('cannot show another pid', () => {
    expect(safeName('init[1]')).toBe('init\\x5b1\\x5d');
  });
});
