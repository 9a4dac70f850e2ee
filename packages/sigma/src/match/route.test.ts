import { describe, expect, test } from "vitest";
import { createEngine, loadRules } from "../index.ts";
import { routeKey, ruleApplies } from "./route.ts";

const sshd = { product: "linux", category: "authentication", service: ["sshd", "auth"] } as const;

describe("a rule applies", () => {
  test.each([
    { service: "sshd" },
    { service: "auth" },
    { product: "linux", service: "auth" },
    { product: "linux", category: "authentication", service: "sshd" },
  ])("to an event of several services by any of them: %j", (asked) => {
    expect(ruleApplies({ ...asked, custom: {} }, sshd)).toBe(true);
  });

  test.each([{ service: "syslog" }, { product: "windows", service: "auth" }, { service: "sshd,auth" }, {}])(
    "to no event that lacks a part of it: %j",
    (asked) => {
      expect(ruleApplies({ ...asked, custom: {} }, sshd)).toBe(false);
    },
  );

  test("to an event that may be of either product, whatever the case", () => {
    const web = { product: ["Apache", "nginx"], category: "webserver" };
    expect(ruleApplies({ product: "apache", custom: {} }, web)).toBe(true);
    expect(ruleApplies({ product: "nginx", category: "webserver", custom: {} }, web)).toBe(true);
    expect(ruleApplies({ product: "iis", custom: {} }, web)).toBe(false);
  });
});

test("a sender's name that looks like a list does not take the place of one", () => {
  const forged = ["sshd\tauth", '["sshd","auth"]', "sshd,auth"];
  const keys = forged.map((service) => routeKey({ ...sshd, service }));
  expect(keys).not.toContain(routeKey(sshd));
  const ruleSet = loadRules([
    { path: "r.yml", text: "title: R\nlogsource: { service: auth }\ndetection: { s: { a: b }, condition: s }\n" },
  ]);
  const engine = createEngine(ruleSet);
  for (const service of forged) expect(engine.rulesFor({ ...sshd, service })).toHaveLength(0);
  expect(engine.rulesFor(sshd)).toHaveLength(1);
});
