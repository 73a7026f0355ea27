/** Bytes as /proc gives them, made text: UTF-8 where they are, else each byte a character, so that nothing is lost. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function text(latin1: string): string {
  if (/^[\0-\x7f]*$/.test(latin1)) return latin1;
  try {
    return decoder.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1;
  }
}
