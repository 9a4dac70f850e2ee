import { accepted, type Form, lines, refused, says, type Service } from "./form.ts";

const sshesame: Service = { name: "sshesame", type: "decoy", shapes: ["slash"], protocol: "ssh" };
const kernel: Service = { name: "kernel", type: "host", programs: ["kernel"] };
const pkexec: Service = { name: "pkexec", type: "host", programs: ["pkexec"] };
const opened = says(["session", "ssh.connect", "honeypot"], { severity: "low" });

/** Decoys that write text, and what a host says of its own processes. */
export const decoyForms: readonly Form[] = [
  ...refused(
    sshesame,
    '[«ip»] authentication for user "«login»" with password "«password»" rejected',
    '[«ip»] authentication for user "«login»" without credentials rejected',
  ),
  ...accepted(sshesame, '[«ip»] authentication for user "«login»" with password "«password»" accepted'),
  ...lines(
    sshesame,
    says(["command", "shell.command", "command"], { severity: "medium" }),
    '[«ip»] [channel «n»] command "«command»" requested',
  ),
  ...lines(
    sshesame,
    says(["network", "ssh.forward", "honeypot"], { severity: "medium" }),
    "[«ip»] [channel «n»] direct TCP/IP forwarding from «*» to «toIp» requested",
  ),
  ...lines(sshesame, opened, '[«ip»] connection with client version "«version»" established'),
  ...lines(
    kernel,
    says(["process", "process.segfault", "log"], { outcome: "failure", severity: "low" }),
    "[«*»] «program»[«n»]: segfault at «w» ip «w» sp «w» error «n» in «reason»[",
    "«program»[«n»]: segfault at «w» ip «w» sp «w» error «n» in «reason»[",
  ),
  ...lines(
    pkexec,
    says(["process", "pkexec.refused", "log"], { outcome: "failure", severity: "medium" }),
    "«account»: The value for the SHELL variable was not found the /etc/shells file [USER=«*»] «*»[COMMAND=«command»]",
  ),
];
