import { describe, expect, test } from "vitest";
import { GROUP, USER } from "./attributes.ts";
import type { Json } from "./match.ts";
import { applyPatch, documentOf, type Document } from "./patch.ts";
import { BODY_BYTES_MAX, readBody } from "./read-body.ts";

const PATCH = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
const ada: Document = {
  userName: "ada",
  active: true,
  externalId: "x1",
  name: { givenName: "Ada", familyName: "Byron" },
  emails: [{ value: "ada@example.org", type: "work" }],
};
const soc: Document = { displayName: "SOC", members: [{ value: "usr_1" }, { value: "usr_2" }] };

function patched(document: Document, ...Operations: Json[]): Json {
  const kind = document === soc ? GROUP : USER;
  const done = applyPatch(kind, document, { schemas: PATCH, Operations });
  return done.ok ? done.value : String(done.refusal.facts?.["scimType"]);
}

describe("a patch as identity providers send it", () => {
  test.each<[string, Json[], Json]>([
    [
      "Entra ID deactivating, with a capital and text for a boolean",
      [{ op: "Replace", path: "active", value: "False" }],
      { active: "False" },
    ],
    ["Okta deactivating, without a path", [{ op: "replace", value: { active: false } }], { active: false }],
    [
      "Entra ID, its names as paths in a value",
      [{ op: "Add", value: { "name.givenName": "Augusta", displayName: "A. K." } }],
      { name: { givenName: "Augusta", familyName: "Byron" }, displayName: "A. K." },
    ],
    [
      "a value in brackets",
      [{ op: "Replace", path: 'emails[type eq "work"].value', value: "new@example.org" }],
      { emails: [{ value: "new@example.org", type: "work" }] },
    ],
    [
      "a value added where there was none",
      [{ op: "Add", path: 'emails[type eq "home"].value', value: "a@home.example" }],
      {
        emails: [
          { value: "ada@example.org", type: "work" },
          { type: "home", value: "a@home.example" },
        ],
      },
    ],
    [
      "attributes nobody keeps",
      [
        { op: "Add", path: "title", value: "Countess" },
        { op: "Add", path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", value: "R&D" },
        { op: "add", path: 'addresses[type eq "work"].locality', value: "London" },
      ],
      {},
    ],
    [
      "the extension as a whole",
      [
        {
          op: "replace",
          value: { "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { department: "x" }, active: false },
        },
      ],
      { active: false },
    ],
    [
      "removing",
      [
        { op: "Remove", path: "name.familyName" },
        { op: "remove", path: "emails" },
      ],
      { name: { givenName: "Ada" }, emails: undefined },
    ],
  ])("%s", (_who, operations, changes) => {
    const expected = Object.fromEntries(
      Object.entries({ ...ada, ...(changes as Document) }).filter(([, one]) => one !== undefined),
    );
    expect(patched(ada, ...operations)).toEqual(expected);
  });

  test.each<[string, Json[], string[]]>([
    [
      "Entra ID adding",
      [{ op: "Add", path: "members", value: [{ $ref: null, value: "usr_3" }] }],
      ["usr_1", "usr_2", "usr_3"],
    ],
    ["adding somebody who is there", [{ op: "add", path: "members", value: [{ value: "usr_2" }] }], ["usr_1", "usr_2"]],
    ["Okta removing by brackets", [{ op: "remove", path: 'members[value eq "usr_1"]' }], ["usr_2"]],
    [
      "Entra ID removing by value, as it once did",
      [{ op: "Remove", path: "members", value: [{ value: "usr_2" }] }],
      ["usr_1"],
    ],
    ["removing all", [{ op: "remove", path: "members" }], []],
    [
      "replacing, without a path, with its own id besides",
      [{ op: "replace", value: { id: "grp_1", displayName: "SOC", members: [{ value: "usr_9", display: "nine" }] } }],
      ["usr_9"],
    ],
    ["removing whom nobody knows", [{ op: "remove", path: 'members[value eq "usr_8"]' }], ["usr_1", "usr_2"]],
  ])("members: %s", (_who, operations, left) => {
    const done = patched(soc, ...operations) as Document;
    expect(((done["members"] ?? []) as Document[]).map((one) => one["value"])).toEqual(left);
  });
});

describe("a patch that must not pass", () => {
  test.each<[string, Json, string]>([
    ["another operation", { op: "move", path: "active", value: true }, "invalidSyntax"],
    ["no operation", { path: "active", value: true }, "invalidSyntax"],
    [
      "a misspelled attribute, or nobody would be disabled",
      { op: "replace", path: "activ", value: false },
      "invalidPath",
    ],
    ["the same without a path", { op: "replace", value: { activ: false } }, "invalidPath"],
    ["two answers to one question", { op: "replace", value: { active: true, Active: false } }, "invalidSyntax"],
    ["removing nothing in particular", { op: "remove" }, "noTarget"],
    ["replacing what is not there", { op: "replace", path: 'emails[type eq "fax"].value', value: "x" }, "noTarget"],
    ["its id", { op: "replace", path: "id", value: "usr_2" }, "mutability"],
    ["its groups", { op: "add", path: "groups", value: [{ value: "grp_1" }] }, "mutability"],
    ["an unknown part", { op: "add", path: "name.nick", value: "x" }, "invalidPath"],
    ["brackets on one value", { op: "add", path: 'userName[value eq "x"]', value: "x" }, "invalidPath"],
    ["a prototype by path", { op: "add", path: "__proto__.polluted", value: true }, "invalidPath"],
    ["a prototype by value", JSON.parse('{"op":"add","value":{"__proto__":{"polluted":true}}}') as Json, "invalidPath"],
    [
      "a prototype in a part",
      JSON.parse('{"op":"add","path":"name","value":{"__proto__":{"polluted":true}}}') as Json,
      "invalidValue",
    ],
    ["a constructor", { op: "add", path: "constructor.prototype", value: {} }, "invalidPath"],
    ["a value that is no object", { op: "add", value: "active" }, "invalidValue"],
    ["no value", { op: "replace", path: "active" }, "invalidValue"],
    ["a path that is no text", { op: "replace", path: ["active"], value: false }, "invalidPath"],
    ["an operation that is no object", "remove", "invalidValue"],
  ])("%s", (_what, operation, scimType) => {
    expect(patched(ada, operation)).toBe(scimType);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("with one bad operation changes nothing, and has at most 500 of them", () => {
    expect(patched(ada, { op: "replace", path: "active", value: false }, { op: "replace", path: "x", value: 1 })).toBe(
      "invalidPath",
    );
    expect(patched(ada, ...Array.from({ length: 501 }, () => ({ op: "remove", path: "title" })))).toBe("tooMany");
    expect(patched(ada)).toBe("invalidSyntax");
    const wrong = applyPatch(USER, ada, { schemas: ["urn:x"], Operations: [{ op: "remove", path: "title" }] });
    expect(wrong).toMatchObject({ ok: false, refusal: { facts: { scimType: "invalidSyntax" } } });
  });

  test("of 500 removals from a group of 5,000 is done within seconds of a processor", () => {
    const members = Array.from({ length: 5_000 }, (_, n) => ({ value: `usr_${n}` }));
    const Operations = Array.from({ length: 500 }, (_, n) => ({
      op: "remove",
      path: `members[value eq "usr_${n * 10}"]`,
    }));
    const began = process.cpuUsage();
    const done = applyPatch(GROUP, { displayName: "all", members }, { schemas: PATCH, Operations });
    const { user, system } = process.cpuUsage(began);
    expect(done.ok && (done.value["members"] as Json[]).length).toBe(4_500);
    expect((user + system) / 1_000).toBeLessThan(8_000);
  });
});

describe("a body", () => {
  const read = (text: string | Uint8Array): string => {
    const body = readBody(typeof text === "string" ? Buffer.from(text) : text);
    if (body.ok) return "read";
    const scimType = body.refusal.facts?.["scimType"];
    return typeof scimType === "string" ? scimType : body.refusal.code;
  };

  test.each([
    ["", "invalidSyntax"],
    ["{", "invalidSyntax"],
    ["[".repeat(500_000), "invalidSyntax"],
    [`{"a":${"[".repeat(13)}${"]".repeat(13)}}`, "invalidSyntax"],
    [`{"userName":"a\\u0000b"}`, "invalidValue"],
    [`{"userName":"\\ud800"}`, "invalidValue"],
    [`{"userName":"[[[[[[[[[[[[[[[[[["}`, "read"],
  ])("%.40s is %s", (text, expected) => expect(read(text)).toBe(expected));

  test("is at most 1 MiB", () => {
    expect(read(Buffer.alloc(BODY_BYTES_MAX + 1, 0x20))).toBe("BODY_TOO_LARGE");
  });

  test("of a whole resource passes over what nobody keeps, the password first of all", () => {
    const sent = {
      schemas: [USER.schema, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
      id: "usr_forged",
      userName: "ada",
      password: "t1meMa$heen",
      groups: [{ value: "grp_admins" }],
      roles: [{ value: "admin" }],
      surprise: true,
    };
    expect(documentOf(USER, sent)).toEqual({ ok: true, value: { userName: "ada" } });
  });
});
