import { expect, test } from "vitest";
import { maskedFilter, maskedStatement } from "./masked.ts";

test.each([
  ["AUTH CANARY", "AUTH ***"],
  ["auth default CANARY", "auth ***"],
  ["HELLO 3 AUTH default CANARY SETNAME x", "HELLO 3 AUTH ***"],
  ["CONFIG SET requirepass CANARY", "CONFIG SET requirepass ***"],
  ["CONFIG SET masterauth CANARY", "CONFIG SET masterauth ***"],
  ["MIGRATE 203.0.113.7 6379 key 0 5000 AUTH2 bob CANARY", "MIGRATE 203.0.113.7 6379 key 0 5000 AUTH2 ***"],
  ["ACL SETUSER bob on >CANARY ~* +@all", "ACL SETUSER bob on *** ~* +@all"],
])("of %j what is kept is %j", (statement, kept) => expect(maskedStatement(statement)).toBe(kept));

test.each(["INFO", "GET author", "SELECT author FROM books WHERE id > 3", "SET a >b", "EVAL return 1 0"])(
  "%j holds no password and stays",
  (statement) => expect(maskedStatement(statement)).toBe(statement),
);

test("of a filter the values of passwords go, and nothing else", () => {
  expect(maskedFilter("(&(uid=bob)(userPassword=CANARY)(cn=x))")).toBe("(&(uid=bob)(userPassword=***)(cn=x))");
  expect(maskedFilter("(unicodepwd>=CANARY")).toBe("(unicodepwd>=***");
  expect(maskedFilter("(objectClass=*)")).toBe("(objectClass=*)");
});

test("hostile text takes no time", () => {
  for (const text of ["auth ".repeat(20_000), `acl setuser ${"> ".repeat(30_000)}`, "(userPassword=".repeat(8_000)])
    expect(maskedFilter(maskedStatement(text)).length).toBeLessThanOrEqual(text.length + 3);
});
