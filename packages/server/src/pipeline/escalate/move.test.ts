import { INCIDENT_STATES, type IncidentState } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { gather } from "./gather.ts";
import type { Incident } from "./incident.ts";
import { legalMoves, move } from "./move.ts";
import { aDetection } from "./testing/detection.ts";

const NOW = new Date("2026-02-02T00:00:00.000Z");
function incidentIn(state: IncidentState): Incident {
  const [incident] = gather([], [aDetection(1, 0)], NOW).incidents;
  if (incident === undefined) throw new Error("a detection opens an incident");
  return { ...incident, state };
}

describe("moving an incident", () => {
  test("goes the whole way, and back when it must", () => {
    const way = ["investigating", "contained", "resolved"] as const;
    let incident = incidentIn("new");
    for (const to of way) {
      const moved = move(incident, { to }, NOW);
      expect(moved).toMatchObject({ ok: true, value: { state: to, verdict: null, closedAt: null } });
      if (moved.ok) incident = moved.value;
    }
    const closed = move(incident, { to: "closed", verdict: "true_positive" }, NOW);
    expect(closed).toMatchObject({ ok: true, value: { state: "closed", verdict: "true_positive", closedAt: NOW } });
    const reopened = move(incidentIn("closed"), { to: "investigating" }, NOW);
    expect(reopened).toMatchObject({ ok: true, value: { state: "investigating", verdict: null, closedAt: null } });
  });

  test.each(INCIDENT_STATES.flatMap((from) => INCIDENT_STATES.map((to) => [from, to] as const)))(
    "%s → %s is legal exactly if the table says so, and a refusal lists what is",
    (from, to) => {
      const verdict = to === "closed" ? ({ verdict: "false_positive" } as const) : {};
      const moved = move(incidentIn(from), { to, ...verdict }, NOW);
      const facts = { state: from, to, legal: legalMoves(from) };
      const refused = { ok: false, refusal: { code: "INCIDENT_TRANSITION_REFUSED", facts } };
      expect(moved).toMatchObject(legalMoves(from).includes(to) ? { ok: true } : refused);
    },
  );

  test("closing needs a verdict, and nothing else takes one", () => {
    expect(move(incidentIn("resolved"), { to: "closed" }, NOW)).toMatchObject({
      refusal: { code: "VALIDATION_FAILED" },
    });
    expect(move(incidentIn("new"), { to: "investigating", verdict: "benign" }, NOW)).toMatchObject({
      refusal: { code: "VALIDATION_FAILED" },
    });
  });

  test("a real attack is not closed before it is resolved", () => {
    const early = move(incidentIn("new"), { to: "closed", verdict: "true_positive" }, NOW);
    expect(early).toMatchObject({ refusal: { code: "INCIDENT_TRANSITION_REFUSED" } });
    expect(move(incidentIn("new"), { to: "closed", verdict: "benign" }, NOW).ok).toBe(true);
  });
});
