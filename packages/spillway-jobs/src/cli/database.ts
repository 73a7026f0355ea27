/** Which database, and how it is named in messages: never with its password. */
import { UsageError } from './failures.js';

/** As the user says it for the one without a server. */
export const EMBEDDED = 'embedded';

/** The URL; undefined for the embedded database. Throws UsageError. */
export function databaseUrl(
  option: string,
  given: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const [from, url] = given === undefined ? ['DATABASE_URL', env.DATABASE_URL] : [option, given];
  if (from === 'DATABASE_URL' && (url === undefined || url === '')) return undefined;
  if (url === EMBEDDED) return undefined;
  if (url !== undefined && /^postgres(?:ql)?:\/\//i.test(url) && URL.canParse(url)) return url;
  // It is not quoted: it may have a password where one does not look for it.
  throw new UsageError(
    `${from} is no address of a PostgreSQL; allowed: such as postgres://user@host:5432/name, or ` +
      `${EMBEDDED} ` +
      '(special characters in a password are written as %40)',
  );
}

/** `postgres://ann:***@db.example/jobs`. */
export function urlWithoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== '') parsed.password = '***';
    if (parsed.searchParams.has('password')) parsed.searchParams.set('password', '***');
    return parsed.href;
  } catch {
    return 'the database';
  }
}

/** The text without any password of these URLs, whichever way a driver quotes it. */
export function withoutPasswords(text: string, urls: readonly (string | undefined)[]): string {
  let rest = text;
  for (const url of urls) {
    if (url === undefined) continue;
    rest = rest.replaceAll(url, urlWithoutPassword(url));
    for (const secret of passwordsIn(url)) rest = rest.replaceAll(secret, '***');
  }
  return rest;
}

/** Longest first. One of a letter or two would tear every message apart, and tells nothing there. */
function passwordsIn(url: string): string[] {
  const found = new Set<string>();
  try {
    const { password, searchParams } = new URL(url);
    for (const one of [password, searchParams.get('password') ?? ''])
      for (const form of [one, decoded(one), encodeURIComponent(decoded(one))]) found.add(form);
  } catch {
    // It is no URL, and was refused.
  }
  return [...found].filter((one) => one.length > 2).sort((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
