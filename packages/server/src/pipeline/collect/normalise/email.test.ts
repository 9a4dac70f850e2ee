import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NormalisedEvent } from "../event.ts";
import { normalise } from "./index.ts";
import { readMailMessage } from "./mail-message.ts";
import { simhash } from "./mail-text.ts";

const options = { format: "auto", sensorKind: "custom", now: new Date("2026-11-22T00:00:00Z") } as const;
const PRIVATE = "c4n4ry";

function read(line: object): NormalisedEvent {
  const normalised = normalise(JSON.stringify(line), options);
  if (!normalised.ok) throw new Error(normalised.reason);
  return normalised.event;
}

const decoy = {
  timestamp: "2026-02-01T10:00:00Z",
  event_type: "message_stored",
  src_ip: "203.0.113.7",
  src_port: 4711,
  server_domain: "mail.decoy.example",
};
function message(...lines: readonly string[]): { raw_message: string } {
  return { raw_message: Buffer.from(lines.join("\r\n")).toString("base64") };
}
/** The smallest ZIP entry there is: only its flags matter here. */
function zipEntry(name: string, flags = 0): Buffer {
  const head = Buffer.alloc(30);
  head.write("PK\u0003\u0004", "latin1");
  head.writeUInt16LE(flags, 6);
  return Buffer.concat([head, Buffer.from(name)]);
}

describe("what a decoy says of a message", () => {
  const event = read({
    ...decoy,
    mail_from: `${PRIVATE}@spam.example`,
    rcpt_to: [`${PRIVATE}@victim.example`, `b-${PRIVATE}@victim.example`, "c@other.example"],
    from: `"PayPal ${PRIVATE}" <${PRIVATE}@paypa1.example>`,
    subject: `URGENT: overdue invoice ${PRIVATE}`,
    x_mailer: `gophish ${PRIVATE}`,
    dkim_signed: false,
    spf_pass: "fail",
    urls: [`https://xn--pypal-4ve.example/${PRIVATE}?token=${PRIVATE}`],
    attachments: [{ name: `${PRIVATE}.pdf.exe`, sha256: "A".repeat(64), macro: true }],
    body_simhash: "00ff00ff00ff00ff",
  });

  test("becomes domains, counts and flags", () => {
    expect(event).toMatchObject({
      kind: "email",
      action: "email.received",
      src: { ip: "203.0.113.7", port: 4711 },
      user: null,
      logsource: { product: "mail", category: "email", service: "smtp" },
    });
    expect(event.ecs).toMatchObject({
      "email.from.domain": "paypa1.example",
      "email.from.foreign": true,
      "email.from.brand": "paypal",
      "email.sender.domain": "spam.example",
      "email.to.domains": ["victim.example", "other.example"],
      "email.to.count": 3,
      "email.mismatches": ["mail_from"],
      "email.mailer.kit": "gophish",
      "email.dkim.signed": false,
      "email.spf.pass": false,
      "email.subject.topics": ["payment", "urgency"],
      "email.url.hosts": ["xn--pypal-4ve.example"],
      "email.url.punycode": true,
      "email.attachment.extensions": ["exe"],
      "email.attachment.sha256": ["a".repeat(64)],
      "email.attachment.macro": true,
      "email.attachment.disguised": true,
      "email.body.simhash": "00ff00ff00ff00ff",
    });
  });

  test("no address, header, subject, file name or path gets into what rules and screens read by default", () => {
    expect(JSON.stringify(event.ecs)).not.toContain(PRIVATE);
    expect(JSON.stringify({ ...event, fields: {}, raw: "", ecs: {} })).not.toContain(PRIVATE);
  });
});

describe("a message as it came", () => {
  test("is read for what its headers and parts show", () => {
    const { ecs } = read({
      ...decoy,
      rcpt_count: 30,
      ...message(
        "From: =?utf-8?B?TWljcm9zb2Z0IFRlYW0=?= <support@login-check.example>",
        "Reply-To: <other@elsewhere.example>",
        "Subject: =?utf-8?Q?Unusual_sign-in?=",
        "Date: Sat, 31 Jan 2026 09:00:00 +0000",
        "X-Gophish-Contact: somebody",
        'Content-Type: multipart/mixed; boundary="b1"',
        "",
        "--b1",
        "Content-Type: text/html; charset=utf-8",
        "",
        '<html><form action="https://login-check.example/go"><input type="password"></form></html>',
        "--b1",
        'Content-Type: application/zip; name="invoice.zip"',
        "Content-Transfer-Encoding: base64",
        "",
        zipEntry("word/vbaProject.bin", 1).toString("base64"),
        "--b1--",
      ),
    });
    expect(ecs).toMatchObject({
      "email.from.domain": "login-check.example",
      "email.from.brand": "microsoft",
      "email.mismatches": ["reply_to"],
      "email.mailer.kit": "gophish",
      "email.dkim.signed": false,
      "email.written_at": "2026-01-31T09:00:00.000Z",
      "email.subject.topics": ["account"],
      "email.body.password_form": true,
      "email.url.hosts": ["login-check.example"],
      "email.attachment.count": 1,
      "email.attachment.extensions": ["zip"],
      "email.attachment.macro": true,
      "email.attachment.encrypted": true,
      "email.to.count": 30,
    });
  });

  test("is believed before what its sender says of it", () => {
    const { ecs } = read({
      ...decoy,
      from: "a@said.example",
      dkim_signed: true,
      ...message("From: b@read.example", "", "x"),
    });
    expect(ecs).toMatchObject({ "email.from.domain": "read.example", "email.dkim.signed": false });
  });

  test("that carries a program in its text, or a page that makes a file, shows it", () => {
    const lines = Array.from({ length: 80 }, () => "TVqQ".repeat(19));
    const encoded = read({ ...decoy, ...message("Subject: x", "", "run this:", ...lines) });
    expect(encoded.ecs["email.body.base64_bytes"]).toBe((80 * 76 * 3) / 4);
    const page = "<script>const b = new Blob([atob('eA')]); a.href = URL.createObjectURL(b)</script>";
    const smuggled = read({ ...decoy, ...message("Content-Type: text/html", "", page) });
    expect(smuggled.ecs["email.html_smuggling"]).toBe(true);
    const honest = read({ ...decoy, ...message("Content-Type: text/html", "", "<script>track()</script>") });
    expect(honest.ecs).not.toHaveProperty("email.html_smuggling");
  });

  test("an attachment is its own text, not the message's: base64 is how every file travels", () => {
    const { ecs } = read({
      ...decoy,
      ...message(
        'Content-Type: application/octet-stream; name="a.bin"',
        "Content-Transfer-Encoding: base64",
        "",
        Buffer.alloc(9_000, 7).toString("base64"),
      ),
    });
    expect(ecs["email.body.base64_bytes"]).toBe(0);
    expect(ecs["email.attachment.count"]).toBe(1);
  });

  test("Mailoney's channel of mails is read too", () => {
    const event = read({
      ServerName: "mail.decoy.example",
      Timestamp: "1769940000.25",
      SrcIP: "203.0.113.9",
      SrcPort: 5000,
      MailFrom: "a@spam.example",
      MailTo: "b@victim.example, c@victim.example",
      Data: "Subject: bitcoin\r\n\r\nI have recorded you with your webcam",
    });
    expect(event).toMatchObject({
      kind: "email",
      src: { ip: "203.0.113.9" },
      time: new Date("2026-02-01T10:00:00.250Z"),
    });
    expect(event.ecs).toMatchObject({
      "email.to.count": 2,
      "email.from.foreign": true,
      "email.subject.topics": ["cryptocurrency"],
      "email.body.topics": ["extortion"],
    });
  });
});

test("the same letter to many has one similarity hash, another letter has another", () => {
  const letter = (name: string): string =>
    `Dear ${name}, your parcel is waiting at our depot, please pay the customs fee at http://a.example/${name}`;
  expect(simhash(letter("1234@x"))).toBe(simhash(letter("777@y")));
  expect(simhash(letter("1234@x"))).not.toBe(simhash("quite another text that speaks of the weather in the north"));
  expect(simhash("too short")).toBeUndefined();
});

test("a refused recipient is a message refused", () => {
  expect(read({ ...decoy, event_type: "rcpt_denied", rcpt_to: "a@b.example" })).toMatchObject({
    action: "email.refused",
    outcome: "failure",
  });
});

describe("hostile mail", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "\r\n",
      "--b",
      "--b--",
      "Content-Type: multipart/mixed; boundary=b",
      "Content-Type: text/html; charset=no-such",
      "Content-Transfer-Encoding: quoted-printable",
      "=?utf-8?B?",
      "?=",
      "From: <@@>",
      "=\r\n",
      "<script",
      "http://[::1]",
      "A".repeat(200),
    ),
    fc.string({ unit: "binary", maxLength: 40 }),
  );

  test("is read within its bounds, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.jsonValue(), (parts, junk) => {
        const line = { ...decoy, attachments: junk, urls: junk, rcpt_to: junk, from: junk, ...message(parts.join("")) };
        const { ok } = normalise(JSON.stringify(line), options);
        expect(ok).toBe(true);
      }),
    );
  });

  test("nested and folded beyond all measure takes no time", () => {
    const nested = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(1_500);
    const flat = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\nx\r\n".repeat(5_000)}`;
    const folded = `Subject: ${"a\r\n ".repeat(20_000)}\r\n\r\n${'<form type="'.repeat(3_000)}`;
    const quoted = `Content-Type: a${'; b="'.repeat(8_000)}\r\n\r\nx`;
    const before = performance.now();
    for (const text of [nested, flat, folded, quoted]) readMailMessage(Buffer.from(text));
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(readMailMessage(Buffer.from(flat)).cut).toBe(true);
  });
});

describe("what a message shows of how it came and where it leads", () => {
  const ecsOf = (...lines: readonly string[]) =>
    read({ ...decoy, mail_from: "x@bulk.example", rcpt_to: ["a@victim.example"], ...message(...lines) }).ecs;

  test("servers it passed, its date against the day it came, and whether it is for here", () => {
    const ecs = ecsOf(
      "Received: from a",
      "Received: from b",
      "From: x@gmail.com",
      "Date: Wed, 4 Feb 2026 11:30:00 +0100",
      "",
      "hi",
    );
    expect(ecs).toMatchObject({
      "email.received.hops": 2,
      "email.written_ahead_h": 72,
      "email.from.free": true,
      "email.to.foreign": true,
      "email.bulk": false,
    });
    expect(ecsOf("From: x@notgmail.com", "List-Id: <a.b>", "", "hi")).toMatchObject({
      "email.received.hops": 0,
      "email.from.free": false,
      "email.bulk": true,
    });
  });

  test.each([
    ["<img width=1 height='1' src=\"https://t.example/o.gif\">", true],
    ['<IMG SRC="http://t.example/o" style="width: 0px; height:1px">', true],
    ['<img width="100" height="1" src="https://t.example/rule.png">', false],
    ['<img width="1" height="1" src="cid:logo">', false],
    ['<p>img width="1" height="1" src="https://t.example/o.gif"</p>', false],
  ])("a picture nobody can see is told from one people look at: %s", (picture, expected) => {
    expect(ecsOf("From: x@bulk.example", "Content-Type: text/html", "", picture)).toMatchObject({
      "email.body.tracking_picture": expected,
    });
  });

  test("pages anybody can put up are told from those of their owners, also by names that only end alike", () => {
    const freeOf = (host: string) => ecsOf("From: x@bulk.example", "", `see https://${host}/a`)["email.url.free_page"];
    expect(["a.web.app", "forms.gle", "x.y.pages.dev"].map(freeOf)).toEqual([true, true, true]);
    expect(["web.app", "notforms.gle", "evilpages.dev", "forms.gle.evil.example"].map(freeOf)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test("a page of pictures takes no longer than its length", () => {
    const hostile = `<img ${"width=1 ".repeat(2_000)}`.repeat(2);
    const started = performance.now();
    ecsOf("From: x@bulk.example", "Content-Type: text/html", "", hostile);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
