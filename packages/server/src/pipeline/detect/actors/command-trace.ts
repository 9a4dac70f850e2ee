/** Characters of a command looked at: beyond, attackers put payloads, not habits. */
const COMMAND_CHARS_MAX = 1_024;

/** Programs by what they are for, in words of the Unified Kill Chain. The first program of a line that is listed decides. */
const PROGRAMS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    discovery:
      "uname id whoami w who last hostname cat ls pwd df free lscpu nproc uptime ps top ifconfig ip netstat ss env printenv find which lspci mount dmidecode dmesg locate getconf arp route systeminfo",
    command_and_control: "wget curl tftp ftpget ftp scp rsync nc ncat netcat socat lwp-download",
    persistence: "crontab useradd adduser usermod passwd chpasswd systemctl update-rc.d chkconfig ssh-keygen at",
    defense_evasion: "rm history unset chattr iptables ufw setenforce kill pkill killall shred touch",
    privilege_escalation: "sudo su pkexec doas",
    lateral_movement: "ssh sshpass telnet smbclient psexec winrm",
    credential_access: "mimikatz hashcat john",
    collection: "tar zip gzip mysqldump pg_dump",
    impact: "xmrig dd mkfs shutdown reboot halt openssl",
    execution:
      "sh bash dash ash ksh zsh python python2 python3 perl php ruby node java chmod nohup busybox exec eval source screen tmux",
  }).flatMap(([phase, names]) => names.split(" ").map((name) => [name, phase])),
);

/** What changes from run to run of the same script: where it fetches from, addresses, numbers and random names. */
const VARYING = [
  [/\b[a-z]{3,6}:\/\/[^\s'"|;&<>]{1,1024}/g, "<url>"],
  [/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g, "<ip>"],
  [/\b[0-9a-f]{16,1024}\b/g, "<hex>"],
  [/\d+/g, "0"],
] as const;

/** A command as a habit: the same for the same script on another day with another server. */
export function habitOf(command: string): string {
  const plain = command.slice(0, COMMAND_CHARS_MAX).toLowerCase().replaceAll(/\s+/g, " ").trim();
  return VARYING.reduce((text, [varying, name]) => text.replaceAll(varying, name), plain);
}

/** The phase a command line belongs to by the programs it names; `execution` where none is known. */
export function phaseOfCommand(command: string): string {
  for (const [word] of command
    .slice(0, COMMAND_CHARS_MAX)
    .toLowerCase()
    .matchAll(/[a-z0-9_.+-]{1,64}/g)) {
    const phase = Object.hasOwn(PROGRAMS, word) ? PROGRAMS[word] : undefined;
    if (phase !== undefined && phase !== "execution") return phase;
  }
  return "execution";
}

/** Whose hosts anybody may put files on: fetching from there says nothing about who fetches. */
const PUBLIC_HOSTS = new Set(
  [
    "github.com raw.githubusercontent.com gist.githubusercontent.com objects.githubusercontent.com codeload.github.com",
    "gitlab.com bitbucket.org pastebin.com paste.ee transfer.sh ix.io termbin.com 0x0.st file.io bashupload.com",
    "cdn.discordapp.com media.discordapp.net dl.dropboxusercontent.com dropbox.com drive.google.com docs.google.com",
    "storage.googleapis.com s3.amazonaws.com archive.org sourceforge.net",
  ].flatMap((line) => line.split(" ")),
);

/** Whether a host may tell hands apart. */
export function isOwnHost(host: string): boolean {
  return !PUBLIC_HOSTS.has(host);
}

const HOSTS_PER_COMMAND_MAX = 8;

/** Hosts a command or URL fetches from: names in lower case, IPv6 without brackets; at most eight. */
export function hostsOf(text: string): readonly string[] {
  const found = text
    .slice(0, COMMAND_CHARS_MAX * 4)
    .matchAll(/\b(?:https?|ftp|tftp):\/\/(?:[^\s/@'"]{1,128}@)?(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})/gi);
  const hosts = [...found].map(([, host = ""]) =>
    host
      .toLowerCase()
      .replace(/^\[|\]$/g, "")
      .replace(/\.$/, ""),
  );
  return [...new Set(hosts)].filter((host) => host !== "").slice(0, HOSTS_PER_COMMAND_MAX);
}
