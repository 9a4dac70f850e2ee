import type { IdentityId } from "@tyr/contract";
import { describe, expect, test } from "vitest";
import { findingsOf } from "./identity-findings.ts";
import { emptyTraces, type SecretUse } from "./observation.ts";

const ID = "idn_5f0c1d3e-1111-5222-8333-444455556666" as IdentityId;
const HOUR = 3_600_000;
const seen = (address: string, secrets: SecretUse[], from: { asn?: string; hour?: number } = {}) => ({
  address,
  asn: from.asn ?? null,
  firstEventMs: (from.hour ?? 0) * HOUR,
  lastEventMs: (from.hour ?? 0) * HOUR,
  traces: { ...emptyTraces(), secrets },
});
const use = (secret: string, accounts: string[], services: string[] = ["ssh"]): SecretUse => ({
  secret,
  accounts,
  services,
});
const actions = (...given: ReturnType<typeof seen>[]) => findingsOf(ID, given).map(({ action }) => action);

describe("what an identity's addresses show together", () => {
  test("one password at three accounts, an account from each address", () => {
    const found = findingsOf(ID, [seen("1", [use("s", ["a", "b"])]), seen("2", [use("s", ["c"])])]);
    expect(found).toMatchObject([
      { kind: "identity", action: "identity.spraying", identity: [ID], fields: { "credential.account_count": 3 } },
    ]);
    expect(found[0]?.src).toBeUndefined();
  });

  test("two accounts, or all of them from one address, are not told of here", () => {
    expect(actions(seen("1", [use("s", ["a"])]), seen("2", [use("s", ["b"])]))).toEqual([]);
    expect(actions(seen("1", [use("s", ["a", "b", "c"])]), seen("2", []))).toEqual([]);
  });

  test("one credential from three addresses, and at three services", () => {
    expect(actions(...["1", "2", "3"].map((address) => seen(address, [use("s", ["a"])])))).toEqual([
      "identity.credential_from_addresses",
    ]);
    const services = seen("1", [use("s", ["a"], ["ssh", "telnet"])]);
    expect(actions(services, seen("2", [use("s", ["a"], ["ftp"])]))).toEqual(["identity.credential_at_services"]);
  });

  test("of two credentials from as many addresses the choice is the same whatever their hashes", () => {
    const told = (one: string, other: string) =>
      findingsOf(
        ID,
        ["1", "2", "3"].map((address, hour) =>
          seen(address, [use(one, ["a"], ["ssh"]), use(other, ["b"], ["ssh", `ftp-${address}`])], { hour }),
        ),
      ).map(({ action, time, fields }) => [action, time, fields]);
    expect(told("s", "t")).toEqual(told("t", "s"));
    expect(told("s", "t")).toHaveLength(2);
  });

  test("a thousand addresses of one network after the other are looked at once each", () => {
    const many = Array.from({ length: 50_000 }, (_, index) =>
      seen(`${index}`, [], { asn: `AS${index % 2_000}`, hour: index / 100 }),
    );
    const began = process.cpuUsage();
    expect(findingsOf(ID, many)).toMatchObject([{ fields: { "identity.network_count": 2_000 } }]);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });

  test("three networks within a day, not within a week", () => {
    const from = (hours: number) =>
      ["AS1", "AS2", "AS3"].map((asn, index) => seen(asn, [], { asn, hour: index * hours }));
    expect(actions(...from(11))).toEqual(["identity.networks"]);
    expect(actions(...from(50))).toEqual([]);
  });

  test("is told under one id, whatever more is known later", () => {
    const three = ["1", "2", "3"].map((address) => seen(address, [use("s", ["a"])]));
    const four = [...three, seen("4", [use("s", ["a"])])];
    expect(findingsOf(ID, four).map(({ identity }) => identity)).toEqual(
      findingsOf(ID, three).map(({ identity }) => identity),
    );
  });
});
