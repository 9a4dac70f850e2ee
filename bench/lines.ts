/** Lines benchmarks send: addresses vary, as a busy host's do. */
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const stamp = (date: Date) =>
  `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2, " ")} ${date.toISOString().slice(11, 19)}`;
const address = (n: number) => `${11 + (n % 80)}.${(n >> 3) & 255}.${(n >> 9) & 255}.${1 + (n % 250)}`;

/** The mix of a busy host: failed and accepted logins, disconnects, and web requests among which scanners ask for secrets. */
export function line(n: number, now: Date): string {
  const ip = address(Math.floor(n / 7));
  const at = stamp(now);
  const kind = n % 10;
  if (kind < 4)
    return `${at} bench sshd[${1000 + (n % 9000)}]: Failed password for ${n % 3 === 0 ? "root" : `invalid user user${n % 50}`} from ${ip} port ${20000 + (n % 40000)} ssh2`;
  if (kind === 4)
    return `${at} bench sshd[${1000 + (n % 9000)}]: Connection closed by ${ip} port ${20000 + (n % 40000)} [preauth]`;
  if (kind === 5)
    return `${at} bench CRON[${n % 9000}]: pam_unix(cron:session): session opened for user root by (uid=0)`;
  const clf = `${String(now.getUTCDate()).padStart(2, "0")}/${MONTHS[now.getUTCMonth()]}/${now.getUTCFullYear()}:${now.toISOString().slice(11, 19)} +0000`;
  return `${ip} - - [${clf}] "GET /articles/${n % 997}?page=${n % 13} HTTP/1.1" ${n % 17 === 0 ? 404 : 200} ${n % 50000} "https://www.example.org/" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"`;
}

/** A request that one rule flags by itself, from an address used once. */
export function marker(n: number, now: Date): { ip: string; text: string } {
  const ip = `100.${(n >> 16) & 127}.${(n >> 8) & 255}.${n & 255}`.replace(
    /^100\.(\d+)/,
    (_all, second: string) => `9.${second}`,
  );
  const clf = `${String(now.getUTCDate()).padStart(2, "0")}/${MONTHS[now.getUTCMonth()]}/${now.getUTCFullYear()}:${now.toISOString().slice(11, 19)} +0000`;
  return { ip, text: `${ip} - - [${clf}] "GET /.env HTTP/1.1" 404 196 "-" "curl/8.0"` };
}
