import { describe, expect, test } from "vitest";
import { AUDIT_EVENT_NAMES } from "./audit-events.ts";
import { AUDIT_FIELDS, ENTRY_FIELDS, FIELD_CLASSES, fieldClassOf, undeclaredFields } from "./audit-fields.ts";

const CLASSES: ReadonlySet<string> = new Set(FIELD_CLASSES);

describe("the classes of audit fields", () => {
  test("are declared for every kind of entry", () => {
    expect(AUDIT_EVENT_NAMES.filter((name) => !Object.hasOwn(AUDIT_FIELDS, name))).toEqual([]);
  });

  test("are public, internal or personal, for fields of an entry and nothing else", () => {
    const all = Object.entries(AUDIT_FIELDS).flatMap(([type, fields]) =>
      Object.entries(fields).map(([path, as]) => ({ type, path, as })),
    );
    const wrong = all.filter(
      ({ path, as }) => !CLASSES.has(as) || !/^(before|after|details\.[A-Za-z_0-9]+)$/.test(path),
    );
    expect(wrong).toEqual([]);
    expect(Object.values(ENTRY_FIELDS).filter((as) => !CLASSES.has(as))).toEqual([]);
  });

  test("say nothing about a field that nobody declared, whatever it is called", () => {
    expect(fieldClassOf("session.created", "details.address")).toBe("personal");
    expect(fieldClassOf("session.created", "actor.name")).toBe("personal");
    expect(fieldClassOf("session.created", "details.surprise")).toBeUndefined();
    expect(fieldClassOf("no.such", "details.address")).toBeUndefined();
  });

  test.each(AUDIT_EVENT_NAMES)("refuse an entry of %s with a field that nobody declared", (type) => {
    const declared = Object.keys(AUDIT_FIELDS[type]).filter((path) => path.startsWith("details."));
    const details = Object.fromEntries(declared.map((path) => [path.slice("details.".length), "said"]));
    expect(undeclaredFields({ type, before: null, after: null, details })).toEqual([]);
    expect(undeclaredFields({ type, details: { ...details, surprise: "said" } })).toEqual(["details.surprise"]);
  });
});
