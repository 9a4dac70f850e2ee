import type { SigmaEvent } from "@tyr/sigma";
import { expect, test } from "vitest";
import { buildRulePack } from "../rule-pack.ts";
import { createSeenFields } from "./seen-fields.ts";

const pack = buildRulePack([
  {
    path: "rules.yml",
    text: `
title: Refused
id: 11111111-1111-4111-8111-111111111111
logsource: { category: authentication }
detection: { selection: { event.outcome: failure, user.name: root }, condition: selection }
`,
  },
]);
const MONDAY = Date.UTC(2026, 1, 2, 10);
const DAY_MS = 86_400_000;
const authentication = Object.freeze({ category: "authentication" });
let number = 0;
const event = (fields: SigmaEvent["fields"], logsource: SigmaEvent["logsource"] = authentication): SigmaEvent => {
  number += 1;
  return { id: `evt_${number}`, timeMs: MONDAY, logsource, fields };
};
const names = (taken: readonly { field: string; day: string }[]) => taken.map(({ field, day }) => `${day} ${field}`);

test("the log source and each field that rules ask for are noted once a day, nested ones too", () => {
  const seen = createSeenFields(pack);
  expect(seen.inputs.map(({ field }) => field)).toEqual(["", "event.outcome", "user.name"]);
  seen.look(event({ event: { outcome: "success" } }), MONDAY);
  seen.look(event({ "event.outcome": "failure" }), MONDAY);
  expect(names(seen.take())).toEqual(["2026-02-02 ", "2026-02-02 event.outcome"]);
  seen.look(event({ "event.outcome": "failure" }), MONDAY + 1);
  expect(seen.take()).toEqual([]);
  seen.look(event({ "user.name": "root" }), MONDAY + DAY_MS);
  expect(names(seen.take())).toEqual(["2026-02-03 ", "2026-02-03 user.name"]);
});

test("field names an attacker makes up are never noted, and other log sources are not looked at", () => {
  const seen = createSeenFields(pack);
  seen.look(event({ c4n4ry: 1, __proto__: { polluted: true }, constructor: "x" }), MONDAY);
  seen.look(event({ "user.name": "root" }, { category: "webserver" }), MONDAY);
  seen.look(event({ "user.name": "root" }, {}), MONDAY);
  expect(names(seen.take())).toEqual(["2026-02-02 "]);
});

test("in a flood a field is found although only one event in sixty-four is looked at", () => {
  const seen = createSeenFields(pack);
  for (let sent = 0; sent < 128; sent += 1) seen.look(event({}), MONDAY);
  for (let sent = 0; sent < 64; sent += 1) seen.look(event({ "user.name": "root" }), MONDAY);
  expect(names(seen.take())).toEqual(["2026-02-02 ", "2026-02-02 user.name"]);
});
