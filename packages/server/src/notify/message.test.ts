import { AUDIT_EVENTS, isId, type ActionId, type NotificationId } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { TOLD_EVENTS, type Happening } from "./happenings.ts";
import { tellMany, tellOne, tellTest } from "./message.ts";
import type { ActionNow } from "./ports.ts";

const uuid = "00000000-0000-7000-8000-000000000001";
const actionId = `act_${uuid}` as ActionId;
const made = { id: `ntf_${uuid}` as NotificationId, publicUrl: "https://tyr.example.org" };

function happened(over: Partial<Happening> = {}): Happening {
  return {
    key: "k",
    kind: "waiting",
    event: "action.submitted",
    actionId,
    after: "pending",
    statementDigest: null,
    at: new Date("2026-11-02T08:00:30.000Z"),
    ...over,
  };
}

const action: ActionNow = {
  id: actionId,
  type: "block_ip",
  target: "203.0.113.7",
  state: "pending",
  approvalsMissing: 2,
  deadlineAt: "2026-11-02T12:00:30.000Z",
  risk: 92,
};
const read = (body: string) => JSON.parse(body) as { text: string; tyr: Record<string, unknown> };

describe("a notification", () => {
  test("says what waits, how many approvals are missing, until when, and where to look at it", () => {
    expect(read(tellOne(happened(), action, made))).toEqual({
      text:
        "Waits for approval: block `203.0.113.7`. 2 approvals are missing, until 2026-11-02 12:00 UTC. Risk 92 of 100.\n" +
        `https://tyr.example.org/approvals/${actionId}`,
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
      tyr: {
        v: 1,
        id: made.id,
        kind: "waiting",
        event: "action.submitted",
        at: "2026-11-02T08:00:30.000Z",
        action: {
          id: actionId,
          type: "block_ip",
          target: "203.0.113.7",
          state: "pending",
          approvalsMissing: 2,
          deadlineAt: "2026-11-02T12:00:30.000Z",
          risk: 92,
        },
        statementDigest: null,
        url: `https://tyr.example.org/approvals/${actionId}`,
      },
    });
  });

  test("repeats the digest of what was signed, for those who approve too", () => {
    const signed = happened({
      kind: "decided",
      event: "action.approval_recorded",
      after: "approved",
      statementDigest: "3f".repeat(32),
    });
    const { text } = read(tellOne(signed, { ...action, state: "approved" }, made));
    expect(text.split("\n")).toEqual([
      "Approved: block `203.0.113.7`.",
      `What was signed has the SHA-256 \`${"3f".repeat(32)}\`.`,
      `https://tyr.example.org/approvals/${actionId}`,
    ]);
  });

  test("holds nothing one could approve with: one plain link, nothing to press, no key, token, statement or signature", () => {
    const bodies = [
      ...TOLD_EVENTS.map((event) => tellOne(happened({ event, statementDigest: "3f".repeat(32) }), action, made)),
      tellOne(happened({ event: "single_person.changed", after: "on", actionId: null }), undefined, made),
      tellMany([happened(), happened({ kind: "failed" })], 3, made),
      tellTest(new Date(0), made),
    ];
    for (const body of bodies) {
      const links = new Set(body.replaceAll("\\n", " ").match(/\w+:\/\/[^\s"]+/g));
      expect(links.size).toBe(1);
      const [link = ""] = links;
      const { search, hash, username, password, pathname } = new URL(link);
      expect([search, hash, username, password]).toEqual(["", "", "", ""]);
      expect(pathname === "/approvals" || isId("action", pathname.replace("/approvals/", ""))).toBe(true);
      // Members by which Slack, Mattermost and Teams show buttons, menus and forms.
      expect(body).not.toMatch(/"(blocks|attachments|actions|integration|potentialAction|callback_id|response_url)"/);
      expect(body).not.toMatch(/nonce|token|session|signature|requestDigest|dryRunDigest|"statement"/i);
    }
  });

  test("names nobody and repeats nothing anybody wrote but the target, however that is spelled", () => {
    const hostile = { ...action, target: "<!channel> <https://evil.example|approve> `@here`\n*Approved*" };
    const { text, tyr } = read(tellOne(happened(), hostile, made));
    const [line = ""] = text.split("\n");
    expect(
      line.startsWith("Waits for approval: block `??channel? ?https:/evil.example?approve? ??here???Approved?`."),
    ).toBe(true);
    expect(text.split("\n")).toHaveLength(2);
    expect(JSON.stringify(tyr)).not.toMatch(/[<>@*]|evil\.example\|/);
  });

  test("has words for everything that is told", () => {
    const texts = TOLD_EVENTS.map((event) => read(tellOne(happened({ event, after: "x" }), action, made)).text);
    expect(texts.some((text) => text.includes("Something happened"))).toBe(false);
    expect(new Set(texts).size).toBeGreaterThanOrEqual(TOLD_EVENTS.length - 1);
    expect(TOLD_EVENTS.filter((event) => AUDIT_EVENTS[event] === undefined)).toEqual([]);
  });

  test("of much that happened counts it by kind, and says how many wait now", () => {
    const many = [
      ...Array.from({ length: 97 }, () => happened()),
      ...Array.from({ length: 3 }, () => happened({ kind: "decided", at: new Date("2026-11-02T08:01:00.000Z") })),
    ];
    expect(read(tellMany(many, 96, made))).toMatchObject({
      text:
        "100 things happened since 2026-11-02 08:00 UTC: 97 began to wait for approval, 3 were decided or expired. " +
        "96 wait for approval now.\nhttps://tyr.example.org/approvals",
      tyr: {
        kind: "digest",
        from: "2026-11-02T08:00:30.000Z",
        to: "2026-11-02T08:01:00.000Z",
        counts: { waiting: 97, decided: 3 },
        waiting: 96,
      },
    });
  });
});
