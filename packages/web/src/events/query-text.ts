/** What the query line understands besides plain words: `ip:203.0.113.9 user:root session:4c0f`. */
export type QueryText = Readonly<{ ip?: string; user?: string; session?: string; q?: string }>;

const PREFIX = /^(ip|user|session):(.+)$/;

/** Reads the line; a repeated prefix keeps the last value, everything else is text looked for as it stands. */
export function parseQueryText(line: string): QueryText {
  const found: { ip?: string; user?: string; session?: string } = {};
  const words: string[] = [];
  for (const word of line.trim().split(/\s+/)) {
    const match = PREFIX.exec(word);
    const [, name, value] = match ?? [];
    if (value === undefined) words.push(word);
    else if (name === "ip") found.ip = value;
    else if (name === "user") found.user = value;
    else found.session = value;
  }
  const q = words.join(" ").trim();
  return q === "" ? found : { ...found, q };
}
