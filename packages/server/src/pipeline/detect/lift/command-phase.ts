/** Phases of the Unified Kill Chain a single command can show. */
export type CommandPhase =
  | "discovery"
  | "command_and_control"
  | "execution"
  | "persistence"
  | "privilege_escalation"
  | "defense_evasion"
  | "credential_access"
  | "lateral_movement"
  | "impact";

/** Programs, by what intruders use them for first of all. */
const PROGRAMS: Readonly<Record<CommandPhase, string>> = {
  discovery:
    "uname whoami id w who last ps top free df lscpu nproc lspci ls dmidecode ifconfig ip netstat ss hostname mount env uptime which locate find cat grep lsb_release arp route",
  command_and_control: "wget curl tftp ftpget ftp scp sftp",
  execution: "sh bash ash zsh python python3 perl php ruby chmod nohup busybox screen exec",
  persistence: "crontab useradd adduser usermod systemctl service update-rc.d chkconfig ssh-keygen",
  privilege_escalation: "sudo su",
  defense_evasion: "history unset rm chattr shred iptables ufw setenforce touch pkill kill killall",
  credential_access: "passwd chpasswd",
  lateral_movement: "ssh nmap masscan zmap telnet nc",
  impact: "dd mkfs shutdown reboot halt xmrig",
};

const PHASES: ReadonlyMap<string, CommandPhase> = new Map(
  (Object.entries(PROGRAMS) as [CommandPhase, string][]).flatMap(([phase, names]) =>
    names.split(" ").map((name): [string, CommandPhase] => [name, phase]),
  ),
);

/** Characters of a line that are looked at, and steps: an attacker may type megabytes. */
const LINE_CHARS_MAX = 2_048;
const STEPS_MAX = 32;

/** The phases of a command line, in the order of its steps, without repeats. By program names: arguments are not looked at. */
export function phasesOf(commandLine: string): readonly CommandPhase[] {
  const steps = commandLine.slice(0, LINE_CHARS_MAX).split(/[;&|\n]/, STEPS_MAX);
  const phases = steps.flatMap((step) => {
    const [word = ""] = step.trim().split(/\s/, 1);
    return PHASES.get(word.slice(word.lastIndexOf("/") + 1)) ?? [];
  });
  return [...new Set(phases)];
}
