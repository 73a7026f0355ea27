/** The user's language, as the C library knows it: the character set, and the texts of errors. */
import { bind } from './libc.js';

const setlocale = bind<(category: number, locale: string) => string | null>(
  'const char *setlocale(int category, const char *locale)',
);
const langinfo = bind<(item: number) => string>('const char *nl_langinfo(int item)');
const strerror = bind<(errno: number) => string>('const char *strerror(int errno)');

/** Numbers of langinfo.h and locale.h, where glibc and musl agree. */
const { CODESET, LC_CTYPE } =
  process.platform === 'darwin' ? { CODESET: 0, LC_CTYPE: 2 } : { CODESET: 14, LC_CTYPE: 0 };

/**
 * The character set of the environment's locale, such as `UTF-8`; that of the C locale where the
 * environment's is not installed.
 */
export function characterSet(): string {
  setlocale(LC_CTYPE, '');
  return langinfo(CODESET);
}

/** strerror(3), such as `No such file or directory`. */
export function errorText(errno: number): string {
  return strerror(errno);
}
