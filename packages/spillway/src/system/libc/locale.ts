/** What the C library knows of the user's language: the character set, and its own words for errors. */
import { bind } from './libc.js';

const setlocale = bind<(category: number, locale: string) => string | null>(
  'const char *setlocale(int category, const char *locale)',
);
const langinfo = bind<(item: number) => string>('const char *nl_langinfo(int item)');
const strerror = bind<(errno: number) => string>('const char *strerror(int errno)');

/** langinfo.h and locale.h: glibc and musl agree. */
const { CODESET, LC_CTYPE } =
  process.platform === 'darwin' ? { CODESET: 0, LC_CTYPE: 2 } : { CODESET: 14, LC_CTYPE: 0 };

/** The character set of the locale that the environment asks for, such as `UTF-8`; that of the C locale where there is no such one. */
export function characterSet(): string {
  setlocale(LC_CTYPE, '');
  return langinfo(CODESET);
}

/** strerror(3), such as `No such file or directory`. */
export function errorText(errno: number): string {
  return strerror(errno);
}
