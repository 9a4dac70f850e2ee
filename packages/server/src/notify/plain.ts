/** Longest text of others in a message, characters: an address, a prefix or a name fits. */
const CHARS_MAX = 80;

/**
 * Text of others as chat systems can do nothing with: of the characters of addresses, names and digests only, in one line and
 * cut. So it holds no mention (`@`, `<!`), no markup (`*`, `_` at a word, backtick, `[`), no entity, and no link: `//` and `www.`
 * are what clients look for. It is shown as code, which neither Slack nor Mattermost looks into.
 */
export function plain(text: string): string {
  const bounded = text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX)}...` : text;
  const known = bounded.replaceAll(/[^A-Za-z0-9 .:/,_-]/g, "?");
  return known.replaceAll(/\/{2,}/g, "/").replaceAll(/www\./gi, "www ");
}

/** `plain`, set as code. */
export function code(text: string): string {
  return `\`${plain(text)}\``;
}

/** Slack reads these three as its own in any text ("Escaping text"). Ours has none; whoever changes it may forget. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
