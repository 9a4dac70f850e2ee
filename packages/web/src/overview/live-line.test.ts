import { expect, test } from "vitest";
import type { LiveEntry } from "../live/resume.ts";
import { isLoud, liveLine } from "./live-line.ts";

const entry = (topic: LiveEntry["topic"], data: LiveEntry["data"]): LiveEntry => ({
  type: "message",
  seq: 1,
  topic,
  at: "2026-02-01T14:17:31.000Z",
  data,
});
const incident = "inc_01890a5d-ac96-774b-bcce-b302099a8057";

test("a batch of events says how many and leads to the list", () => {
  expect(liveLine(entry("event.stored", { count: 1200, sensorName: "db-backup-01" }))).toEqual({
    verb: "1,200 events",
    text: "db-backup-01",
    severity: undefined,
    target: { list: "events" },
  });
});

test("a change of an incident says its new state and leads to it", () => {
  const line = liveLine(
    entry("incident.changed", { id: incident, title: "Brute force", state: "new", severity: "high" }),
  );
  expect(line).toEqual({
    verb: "incident",
    text: "Brute force · new",
    severity: "high",
    target: { id: incident },
  });
  expect(isLoud(line)).toBe(true);
});

test("a message without the expected facts is a line without them, not an error", () => {
  const odd = { id: 7, title: null, severity: "apocalyptic", count: "many" };
  expect(liveLine(entry("action.changed", odd))).toEqual({
    verb: "action",
    text: "",
    severity: undefined,
    target: { list: "none" },
  });
  expect(liveLine(entry("detection.recorded", odd))).toMatchObject({
    verb: "detected",
    target: { list: "detections" },
  });
});
