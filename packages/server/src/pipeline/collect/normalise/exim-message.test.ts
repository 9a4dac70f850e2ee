import fc from "fast-check";
import { expect, test } from "vitest";
import type { NormalisedEvent } from "../event.ts";
import { normalise } from "./index.ts";

const options = { format: "auto", sensorKind: "custom", now: new Date("2026-11-22T00:00:00Z") } as const;

function read(line: string): NormalisedEvent {
  const normalised = normalise(line, options);
  if (!normalised.ok) throw new Error(normalised.reason);
  return normalised.event;
}
const ARRIVAL =
  "2026-02-01 10:00:00 1vm4Ab-00000001abc-2Xyz <= c4n4ry@spam.example H=(mail.spam.example) [203.0.113.7]:4711 P=esmtp S=2048 id=1@other.example";

test("a message Exim took is one, with domains and counts in place of addresses", () => {
  const event = read(`${ARRIVAL} for c4n4ry@victim.example b@victim.example c@more.example`);
  expect(event).toMatchObject({
    kind: "email",
    action: "email.received",
    src: { ip: "203.0.113.7", port: 4711 },
    time: new Date("2026-02-01T10:00:00Z"),
    logsource: { category: "email", product: "mail" },
    ecs: {
      "email.sender.domain": "spam.example",
      "email.to.count": 3,
      "email.to.domains": ["victim.example", "more.example"],
      "email.from.foreign": true,
      "email.size": 2048,
    },
  });
  expect(JSON.stringify(event.ecs)).not.toContain("c4n4ry");
});

test("neither the name a client gives itself nor a subject puts the blame on another address", () => {
  expect(read(ARRIVAL.replace("(mail.spam.example)", "([192.0.2.1])")).src).toEqual({ ip: "203.0.113.7", port: 4711 });
  expect(read(`${ARRIVAL} T="H=x [192.0.2.1]:1 for a@b.example" for z@victim.example`)).toMatchObject({
    src: { ip: "203.0.113.7" },
    ecs: { "email.to.count": 1, "email.to.domains": ["victim.example"] },
  });
  expect(read(ARRIVAL.replace(/ H=.*/, " U=root P=local S=300")).src).toBeNull();
});

test("other lines of Exim stay what they are, and hostile ones are read in time", () => {
  expect(normalise(ARRIVAL.replace("<=", "=>"), options)).not.toMatchObject({ event: { kind: "email" } });
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      normalise(`${ARRIVAL.slice(0, 60)}${text}`, options);
      normalise(`${ARRIVAL} ${text}`, options);
    }),
  );
  const before = performance.now();
  normalise(`${ARRIVAL.slice(0, 60)} ${"H=a (".repeat(12_000)}`, options);
  normalise(`${ARRIVAL.slice(0, 60)} ${"for a@b.example ".repeat(4_000)}`, options);
  expect(performance.now() - before).toBeLessThan(500);
});
