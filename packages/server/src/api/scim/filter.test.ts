import { describe, expect, test } from "vitest";
import { GROUP, USER } from "./attributes.ts";
import { parseFilter, parsePath } from "./filter.ts";
import { matcher, type Resource } from "./match.ts";

const ada: Resource = {
  id: "usr_1",
  externalId: "00uABC",
  userName: "Ada.Lovelace@example.org",
  displayName: 'Ada "the Countess"',
  active: true,
  name: { givenName: "Ada", familyName: "Lovelace" },
  emails: [
    { value: "ada@example.org", type: "work", primary: true },
    { value: "ada@home.example", type: "home" },
  ],
  meta: { created: "2026-01-02T03:04:05.000Z", lastModified: "2026-02-02T03:04:05.000Z" },
};

/** @returns whether it matches, or the reason why it is no filter */
function asked(filter: string): boolean | string {
  const parsed = parseFilter(filter);
  const test = parsed.ok ? matcher(USER, parsed.value) : parsed;
  if (!test.ok) return String(test.refusal.facts?.["scimType"]);
  return test.value(ada);
}

describe("a filter", () => {
  test.each([
    ['userName eq "ada.lovelace@EXAMPLE.org"', true],
    ['userName eq "ada"', false],
    ['USERNAME Eq "ADA.lovelace@example.org"', true],
    ['userName sw "ada" and active eq true', true],
    ['active eq "True"', true],
    ['active eq "False"', false],
    ["active ne true", false],
    ['not (userName co "love")', false],
    ['userName co "love" or userName pr and active eq false', true],
    ['(userName co "love" or userName pr) and active eq false', false],
    ['externalId eq "00uABC"', true],
    ['externalId eq "00uabc"', false],
    ["externalId eq null", false],
    ["externalId ne null", true],
    ["name.middleName pr", "invalidFilter"],
    ['name.familyName ew "ace"', true],
    ['emails[type eq "work" and value co "@example"]', true],
    ['emails[type eq "home" and primary eq true]', false],
    ['emails.value eq "ADA@home.example"', true],
    ['emails co "home.example"', true],
    ['meta.lastModified gt "2026-01-31T00:00:00Z"', true],
    ['meta.lastModified lt "2026-02-02T05:04:05+02:00"', false],
    ['displayName eq "Ada \\"the Countess\\""', true],
    ['displayName eq "\\u0041da \\"the Countess\\""', true],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada"', true],
    ['urn:ietf:params:scim:schemas:core:2.0:Group:userName sw "ada"', "invalidFilter"],
  ])("%s is answered %j", (filter, answer) => expect(asked(filter)).toBe(answer));

  test("of members compares their ids, as Entra ID asks whether somebody is in a group", () => {
    const group: Resource = { id: "grp_1", displayName: "SOC", members: [{ value: "usr_1" }, { value: "usr_2" }] };
    const holds = (filter: string) => {
      const parsed = parseFilter(filter);
      const test = parsed.ok ? matcher(GROUP, parsed.value) : parsed;
      return test.ok && test.value(group);
    };
    expect(holds('id eq "grp_1" and members eq "usr_2"')).toBe(true);
    expect(holds('members[value eq "usr_3"]')).toBe(false);
  });

  test.each([
    "",
    "userName",
    "userName eq",
    "userName eq ada",
    'userName is "ada"',
    'userName eq "ada" and',
    'userName eq "ada" userName eq "bob"',
    '(userName eq "ada"',
    'userName eq "ada")',
    'emails[type eq "work"',
    'not userName eq "ada"',
    'userName eq "a\nb"',
    "userName eq 1e999",
    "userName eq 12",
    'active gt "true"',
    "password pr",
    '__proto__.polluted eq "x"',
    'constructor.prototype.polluted eq "x"',
    "toString pr",
    "userName[value pr]",
    "name[value pr] eq true",
    "userName eq \"x\" or '1'='1'",
    'userName eq "x"; drop table subject',
    'a.b.c eq "x"',
    'userName eq "\\x41"',
    `${"(".repeat(11)}active eq true${")".repeat(11)}`,
    `${"not (".repeat(40)}active eq true${")".repeat(40)}`,
    Array.from({ length: 51 }, () => "active eq true").join(" or "),
    `userName eq "${"a".repeat(2_000)}"`,
  ])("that is none is refused as that, and says nothing of anybody: %s", (filter) => {
    expect(asked(filter)).toBe("invalidFilter");
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test.each([
    ["parentheses", "(".repeat(2_000)],
    ["brackets", `a${"[".repeat(1_990)}`],
    ["backslashes", `userName eq "${"\\".repeat(1_980)}`],
    ["escaped quotes", `userName eq "${'\\"'.repeat(990)}`],
    ["quotes", '"'.repeat(2_000)],
    ["dots", `${"a.".repeat(990)}a pr`],
    ["digits", `userName eq ${"1".repeat(1_980)}`],
    ["blanks", `userName${" ".repeat(1_900)}eq`],
    ["words", Array.from({ length: 400 }, () => "and").join(" ")],
    ["groups of or joined by and", Array.from({ length: 24 }, () => "(active pr or id pr)").join(" and ")],
  ])("of %s costs no more than its length", (_what, filter) => {
    const began = process.cpuUsage();
    for (let again = 0; again < 50; again += 1) asked(filter);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1_000).toBeLessThan(400);
  });

  test("takes what somebody typed as the text it is", () => {
    expect(asked('userName eq "\' or 1=1 --"')).toBe(false);
    expect(asked('userName co "%"')).toBe(false);
    expect(asked('userName co ".*"')).toBe(false);
  });
});

describe("a path of a patch", () => {
  test.each([
    ["userName", { name: "username" }],
    ["name.familyName", { name: "name" }],
    ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", { name: "department" }],
  ])("%s names an attribute", (path, expected) => {
    const parsed = parsePath(path);
    expect(parsed.ok && parsed.value.path).toMatchObject(expected);
  });

  test('emails[type eq "work"].value names a part of some values', () => {
    expect(parsePath('emails[type eq "work"].value')).toMatchObject({
      ok: true,
      value: { path: { name: "emails" }, where: { kind: "compare", value: "work" }, sub: "value" },
    });
  });

  test.each([
    "",
    "emails[",
    "emails[type eq]",
    "emails]",
    "a b",
    'emails[type eq "x"].value.more',
    ".value",
    'members[value eq "x"] or y',
  ])("that is none is refused: %s", (path) => {
    const parsed = parsePath(path);
    expect(parsed.ok ? "read" : parsed.refusal.facts?.["scimType"]).toBe("invalidPath");
  });
});
