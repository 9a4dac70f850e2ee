import type { LiveData, LiveEntry, LiveTopic } from "@tyr/contract";
import { expect, test } from "vitest";
import { isLoud, liveLine, type LiveLine } from "./live-line.ts";

function line<T extends LiveTopic>(topic: T, data: LiveData[T]): LiveLine {
  const entry: LiveEntry<T> = { type: "message", seq: 1, topic, at: "2026-02-01T14:17:31.000Z", data };
  return liveLine<T>(entry);
}
const incident = "inc_01890a5d-ac96-774b-bcce-b302099a8057";
const detection = "det_01890a5d-ac96-774b-bcce-b302099a8058";

test("a batch of events says how many and leads to the list", () => {
  expect(line("event.stored", { count: 1200, head: "1200" })).toEqual({
    verb: "1,200 events",
    text: "stored",
    severity: undefined,
    target: { list: "events" },
  });
  expect(line("event.stored", { count: 1, head: "1201" }).verb).toBe("1 event");
});

test("a detection leads to itself; of a batch the worst is named and the list is where it leads", () => {
  const found = { id: detection, ruleTitle: "Brute force", severity: "high", count: 1 } as const;
  expect(line("detection.recorded", found)).toMatchObject({
    verb: "detected",
    text: "Brute force",
    target: { id: detection },
  });
  expect(line("detection.recorded", { ...found, count: 7 })).toMatchObject({
    verb: "7 detections",
    text: "worst: Brute force",
    target: { list: "detections" },
  });
});

test("a change of an incident says its new state and leads to it", () => {
  const change = {
    id: incident,
    title: "Brute force",
    state: "new",
    severity: "high",
    risk: 71,
    actorIp: null,
  } as const;
  const said = line("incident.changed", change);
  expect(said).toEqual({ verb: "incident", text: "Brute force · new", severity: "high", target: { id: incident } });
  expect(isLoud(said)).toBe(true);
});

test("a log being read in says how far it has come", () => {
  const progress = { name: "sample-ssh", done: 3000, total: 7121, state: "running", detail: "auth.log.gz" } as const;
  expect(line("import.progress", progress).text).toBe("sample-ssh · reading 3,000 of 7,121 lines");
});
