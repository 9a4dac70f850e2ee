import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { digestOf, readProviders } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "tyr-sso-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "corp.secret"), "a-secret-of-some-length\n", { mode: 0o600 });
writeFileSync(join(folder, "short.secret"), "short\n", { mode: 0o600 });
writeFileSync(join(folder, "open.secret"), "a-secret-of-some-length\n", { mode: 0o640 });

const CORP = { id: "corp", name: "Corp", issuer: "https://id.example.org", clientId: "tyr" };
const GROUPS = { groupsClaim: "groups", roles: { soc: ["analyst"] } };

function read(content: unknown): ReturnType<typeof readProviders> {
  const path = join(folder, "sso.yml");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return readProviders(path);
}

describe("the settings of sign-in through other systems", () => {
  test("are none without a file", () => {
    expect(readProviders(undefined)).toEqual([]);
  });

  test("make no account and give no role unless they say so", () => {
    expect(read({ providers: [CORP] })).toMatchObject([
      { autoProvision: false, groupsClaim: undefined, scopes: ["openid", "profile"], maxAgeSeconds: 43_200 },
    ]);
  });

  test("are read from YAML with comments, the secret from a file beside it", () => {
    const text = `providers:\n  - id: corp # ours\n    name: Corp\n    issuer: https://id.example.org/tenant\n    clientId: tyr\n    clientSecretFile: corp.secret\n`;
    expect(read(text)).toMatchObject([
      { issuer: "https://id.example.org/tenant", clientSecret: "a-secret-of-some-length" },
    ]);
  });

  test.each([
    ["no YAML", "providers: [", "is not YAML"],
    ["an alias, which could grow without end", "providers: &a [*a]", "YAML"],
    ["no provider", { providers: [] }, "/providers"],
    ["an unknown setting", { providers: [{ ...CORP, autoProvisioning: true }] }, "/providers/0"],
    ["an id that is no part of an address", { providers: [{ ...CORP, id: "../x" }] }, "/providers/0/id"],
    ["plain http elsewhere", { providers: [{ ...CORP, issuer: "http://id.example.org" }] }, "https"],
    ["an issuer with a query", { providers: [{ ...CORP, issuer: "https://id.example.org?a=1" }] }, "without query"],
    ["an issuer that is none", { providers: [{ ...CORP, issuer: "id.example.org" }] }, "https"],
    [
      "a role nobody knows",
      { providers: [{ ...CORP, groupsClaim: "g", roles: { a: ["god"] } }] },
      "/providers/0/roles",
    ],
    ["roles without a claim", { providers: [{ ...CORP, roles: GROUPS.roles }] }, "groupsClaim"],
    ["a claim without roles", { providers: [{ ...CORP, groupsClaim: "groups" }] }, "maps no group"],
    ["accounts for everybody", { providers: [{ ...CORP, autoProvision: true }] }, "groupsClaim and roles"],
    [
      "the same id twice",
      { providers: [CORP, { ...CORP, issuer: "https://b.example.org" }] },
      "two providers have the id",
    ],
    ["the same issuer twice", { providers: [CORP, { ...CORP, id: "b" }] }, "two providers have the issuer"],
    ["a secret that is not there", { providers: [{ ...CORP, clientSecretFile: "gone" }] }, "cannot be read"],
    ["a secret others may read", { providers: [{ ...CORP, clientSecretFile: "open.secret" }] }, "chmod 600"],
    ["a secret too short to be one", { providers: [{ ...CORP, clientSecretFile: "short.secret" }] }, "fewer than 16"],
    ["an old sign-in for ever", { providers: [{ ...CORP, maxAgeSeconds: 10_000_000 }] }, "/providers/0/maxAgeSeconds"],
  ])("with %s are refused, and say where", (_name, content, where) => {
    expect(() => read(content)).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        setting: "TYR_SSO_FILE",
        message: expect.stringContaining(where) as string,
      }),
    );
  });

  test("that changed have another digest, a new secret included, which it does not tell", () => {
    const one = read({ providers: [{ ...CORP, ...GROUPS, clientSecretFile: "corp.secret" }] });
    const digest = digestOf(one);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOf(read({ providers: [{ ...CORP, ...GROUPS, clientSecretFile: "corp.secret" }] }))).toBe(digest);
    expect(digestOf(one.map((provider) => ({ ...provider, clientSecret: "another-one-of-length" })))).not.toBe(digest);
    expect(digestOf(one.map((provider) => ({ ...provider, roles: new Map([["soc", ["admin"]]]) as never })))).not.toBe(
      digest,
    );
  });
});
