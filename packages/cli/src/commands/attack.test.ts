import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import type { AttackBundle, AttackInForce, AttackLoaded } from "@tyr/contract";
import { expect, test } from "vitest";
import { run } from "../run.ts";
import { fakeWorld, temporaryDirectory } from "../testing/fake-world.ts";

const bundle: AttackBundle = {
  domain: "enterprise-attack",
  name: "Enterprise ATT&CK",
  release: "19.1",
  origin: "loaded",
  sha256: "00",
  loadedAt: "2026-02-01T10:00:00.000Z",
  loadedBy: "usr_1",
  tactics: 15,
  techniques: 200,
  subTechniques: 400,
  deprecated: 1,
  revoked: 2,
  groups: 3,
  notice: "Copyright \u001b[2J",
};
const notice = { ruleId: "r", title: "Old\u001b", message: "T1562 was replaced by T1685" };
const inForce: AttackInForce = { items: [bundle], notices: [notice], rejected: 2 };
const effect: AttackLoaded["effect"] = {
  techniques: { added: 1, gone: 21, revoked: 0, renamed: 1 },
  gone: [{ id: "T1110", name: "Brute\u001b Force" }],
  renamed: [{ id: "T1070", from: "Old", to: "New" }],
  refused: 1,
  refusedRules: [{ ruleId: "r", title: "Guessing", message: "T1110 is in no release" }],
};
const loaded: AttackLoaded = { done: true, bundle, before: "18.1", effect, notices: 3, rejected: 0 };

const tyr = async (argv: readonly string[], answer: unknown) => {
  const asked: { method: string; url: string; body: unknown }[] = [];
  const world = await fakeWorld({
    argv,
    env: { TYR_TOKEN: "t" },
    fetch: async (address, init) => {
      const { pathname, search } = new URL(address);
      asked.push({ method: init?.method ?? "GET", url: `${pathname}${search}`, body: init?.body });
      return Response.json(answer);
    },
  });
  return { code: await run(world, "0"), out: world.out(), err: world.err(), asked };
};

test("tyr attack show lists the releases in force, and warns of rules they changed", async () => {
  const { code, out, err } = await tyr(["attack", "show"], inForce);
  expect(code).toBe(0);
  expect(out).toMatch(/enterprise-attack +19\.1 +loaded/);
  expect(out + err).not.toContain("\u001b");
  expect(err).toContain("Old\\x1b: T1562 was replaced by T1685");
  expect(err).toContain("2 rules are left out");
});

test("tyr attack load sends what the server reads of a bundle, and nothing else of it", async () => {
  const file = path.join(await temporaryDirectory(), "bundle.json");
  const technique = { type: "attack-pattern", id: "x", name: "Brute Force", description: "long prose" };
  await writeFile(file, JSON.stringify({ type: "bundle", objects: [technique, { type: "malware", id: "m" }] }));
  const { code, out, err, asked } = await tyr(["attack", "load", file, "--release", "19.1"], loaded);
  expect([code, ...asked.map(({ method, url }) => `${method} ${url}`)]).toEqual([
    0,
    "POST /api/v1/ttp/attack?release=19.1&preview=true",
    "POST /api/v1/ttp/attack?release=19.1",
  ]);
  const sent: unknown = JSON.parse(gunzipSync(asked[0]?.body as Uint8Array).toString("utf8"));
  expect(sent).toEqual({ type: "bundle", objects: [{ type: "attack-pattern", id: "x", name: "Brute Force" }] });
  expect(out).toContain("enterprise-attack 19.1 is in force in place of 18.1.");
  expect(err).toContain("3 techniques of rules were replaced");
});

test("tyr attack load shows what it would change before it does, and says how many rules may go only if told", async () => {
  const file = path.join(await temporaryDirectory(), "bundle.json");
  await writeFile(file, JSON.stringify({ type: "bundle", objects: [{ type: "attack-pattern", id: "x", name: "n" }] }));
  const only = await tyr(["attack", "load", file, "--preview"], { ...loaded, done: false });
  expect(only.asked.map(({ url }) => url)).toEqual(["/api/v1/ttp/attack?preview=true"]);
  expect(only.out).toContain("enterprise-attack 19.1 would be in force in place of 18.1.");
  for (const line of [
    "1 added, 21 gone, 0 revoked, 1 renamed. Rules in force left out: 1.",
    "gone: T1110 Brute\\x1b Force",
    "and 20 more",
    "renamed: T1070 Old -> New",
    "left out: Guessing: T1110 is in no release",
  ])
    expect(only.out).toContain(line);
  const accepting = await tyr(["attack", "load", file, "--accept-refused-rules", "1"], loaded);
  expect(accepting.asked.at(-1)?.url).toBe("/api/v1/ttp/attack?acceptRefused=1");
  expect(accepting.err).toContain("left out: Guessing");
});

test("tyr attack unload goes back to what comes with Tyr", async () => {
  const { code, out, asked } = await tyr(["attack", "unload", "mobile-attack"], { ...loaded, bundle: null });
  expect([code, asked.at(-1)]).toMatchObject([0, { method: "DELETE", url: "/api/v1/ttp/attack/mobile-attack" }]);
  expect(out).toContain("nothing is in force in place of 18.1.");
});

test("tyr attack load asks no server about a file that is no bundle", async () => {
  const file = path.join(await temporaryDirectory(), "bundle.json");
  await writeFile(file, "[]");
  const { code, err, asked } = await tyr(["attack", "load", file], loaded);
  expect([code, asked]).toEqual([1, []]);
  expect(err).toContain("no STIX bundle");
});

test.each([
  [["navigator", "--score", "count", "--domain", "ics-attack"], "/navigator?domain=ics-attack&score=count"],
  [["stix", "--identity", "idn_1", "--limit", "10"], "/stix/identity/idn_1?limit=10"],
  [
    ["misp", "--attacker", "2001:db8::1", "--from", "2026-02-01"],
    "/misp/attacker/2001%3Adb8%3A%3A1?from=2026-02-01T00%3A00%3A00.000Z",
  ],
])("tyr attack export %j asks for that and prints it as it is", async (argv, url) => {
  const { code, out, asked } = await tyr(["attack", "export", ...argv], { name: "layer" });
  expect([code, asked[0]?.url, JSON.parse(out)]).toEqual([0, `/api/v1/ttp/export${url}`, { name: "layer" }]);
});

test.each([
  ["a format nobody knows", ["csv"]],
  ["two subjects", ["stix", "--identity", "idn_1", "--attacker", "203.0.113.7"]],
  ["a floor that is none", ["stix", "--confidence", "2"]],
])("tyr attack export refuses %s", async (_, argv) => {
  expect((await tyr(["attack", "export", ...argv], {})).code).toBe(2);
});
