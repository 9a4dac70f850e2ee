import { expect, test } from "vitest";
import { makeTag, tagId } from "./tag.ts";

const tag = {
  sourceKind: "command",
  sourceId: "evt_019c1a2b-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
  ruleId: "0b7f1c5e-2a3d-5e4f-9a8b-1c2d3e4f5a6b",
  ruleVersion: "0123456789ab",
  technique: "T1003",
  subTechnique: "T1003.008",
} as const;

test("the id of a tag is what it always was: UUIDv5 over exactly its six parts", () => {
  expect(tagId(tag)).toBe("tag_e426f9a5-0a33-5c45-87aa-dc985cb726fc");
  expect(tagId({ ...tag, subTechnique: null })).toBe("tag_b494d8c1-cc12-5f90-b2b3-5141fab4c122");
});

test("each of the six parts makes another tag", () => {
  const changes = {
    sourceKind: "process",
    sourceId: "evt_019c1a2b-3c4d-7e5f-8a6b-7c8d9e0f1a2c",
    ruleId: "0b7f1c5e-2a3d-5e4f-9a8b-1c2d3e4f5a6c",
    ruleVersion: "0123456789ac",
    technique: "T1083",
    subTechnique: null,
  } as const;
  const ids = Object.entries(changes).map(([key, value]) => tagId({ ...tag, [key]: value }));
  expect(new Set([tagId(tag), ...ids]).size).toBe(7);
});

test("what is not one of the six parts does not enter the id", () => {
  const more = { ...tag, time: "2026-02-01T00:00:00.000Z", confidence: 0.4, attackRelease: "17.1" };
  expect(tagId(more)).toBe(tagId(tag));
});

const whole = {
  ...tag,
  tactic: "credential-access",
  confidence: 0.9,
  evidence: {},
  attackDomain: "enterprise-attack",
  attackRelease: "18.1",
  observation: "203.0.113.7",
  identity: null,
  session: null,
} as const;

test("a tag has the id of its parts, and not the rule's: that stands beside it", () => {
  expect(makeTag(whole)).toEqual({ id: tagId(tag), ...whole, ruleId: undefined, ruleVersion: undefined });
});

test("a tag that hangs on nobody is a mistake of ours, which names both columns", () => {
  expect(() => makeTag({ ...whole, observation: null })).toThrow(/observation.*identity/);
  expect(makeTag({ ...whole, observation: null, identity: "idn_1" }).identity).toBe("idn_1");
});

test("evidence its source kind does not declare is a mistake of ours, and its value is not in the message", () => {
  const evidence = { password: "c4n4ry" };
  expect(() => makeTag({ ...whole, evidence })).toThrow("evidence of command does not declare password");
  expect(() => makeTag({ ...whole, evidence: { program: { text: "c4n4ry" } } })).toThrow(/^(?!.*c4n4ry)/);
});

test.each([0.29, 1.01, Number.NaN])("a tag cannot be %d sure", (confidence) => {
  expect(() => makeTag({ ...whole, confidence })).toThrow(/confidence/);
});
