/** Pairs of one line; what stands behind them is not read. */
const PAIRS_MAX = 300;
const PAIR = /([A-Za-z_@][\w.:@-]{0,63})=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))[\s,]*/y;

/** A line that begins with a pair: `date=2024-10-14 …`, `time="…" …`, `type=SYSCALL …`. */
export function looksLikePairs(line: string): boolean {
  return /^[A-Za-z_][\w.]{0,30}=/.test(line);
}

/**
 * The pairs of a line of `key=value`, as logfmt, the Linux audit system and Fortinet write them, quoted or not.
 *
 * @returns undefined for fewer than two pairs: no such line
 */
export function readPairs(line: string): Readonly<Record<string, string>> | undefined {
  // The audit system parts what it resolved from what the kernel said by a group separator; the names are upper case there.
  const text = line.split("\u001D", 1)[0] ?? line;
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  for (let count = 0; count < PAIRS_MAX; count += 1) {
    const found = PAIR.exec(text);
    if (found === null) break;
    const [, key = "", quoted, plain = ""] = found;
    if (!pairs.has(key)) pairs.set(key, quoted?.replace(/\\(.)/g, "$1") ?? plain);
  }
  // Null prototype: `__proto__` is a name like any other.
  return pairs.size < 2
    ? undefined
    : Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(pairs));
}
