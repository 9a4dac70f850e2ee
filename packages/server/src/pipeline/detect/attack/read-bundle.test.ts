import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readBundle } from "./read-bundle.ts";
import {
  bundle,
  COLLECTION,
  GROUP,
  relation,
  RELATIONS,
  releaseWithout,
  stixIdOf,
  TACTICS,
  technique,
  TECHNIQUES,
  wholeRelease,
} from "./testing/invented-bundle.ts";

const [CREATED, MODIFIED] = ["2020-01-01T00:00:00.000Z", "2026-04-28T00:00:00.000Z"];

describe("a bundle of another release", () => {
  test("is read as it is: tactics in the order of the matrix, whichever they are", async () => {
    const read = await readBundle(bundle());
    expect(read).toMatchObject({
      ok: true,
      attack: {
        release: "19.1",
        domain: "enterprise-attack",
        name: "Enterprise ATT&CK",
        notice: "Copyright 2026, The MITRE Corporation.",
        deprecated: { T1056: ["Technique T1056", ["credential-access"], stixIdOf("T1056"), CREATED, MODIFIED] },
        groups: { G0016: ["Group", ["Other"], ["T1110.003"]] },
      },
    });
    if (!read.ok) return;
    expect(Object.entries(read.attack.tactics).map(([short, [id]]) => [short, id])).toEqual([
      ["stealth", "TA0005"],
      ["defense-impairment", "TA0112"],
      ["credential-access", "TA0006"],
    ]);
    expect(Object.keys(read.attack.techniques)).toEqual(["T1027", "T1070", "T1110", "T1110.003", "T1685"]);
  });

  test("keeps whom a revoked technique was revoked by, and that nobody was named", async () => {
    const read = await readBundle(gzipSync(bundle()));
    expect(read).toMatchObject({
      attack: {
        revoked: {
          T1562: ["Technique T1562", "T1685"],
          T1066: ["Technique T1066", "T1999"],
          T1999: ["Technique T1999", "T1027"],
          T1108: ["Technique T1108", null],
        },
      },
    });
  });

  test("that does not say its release needs somebody who does; one that says it is not overruled", async () => {
    const silent = bundle(releaseWithout("x-mitre-collection"));
    expect(await readBundle(silent)).toMatchObject({ ok: false, message: expect.stringContaining("--release") });
    expect(await readBundle(silent, { release: "19.0" })).toMatchObject({ attack: { release: "19.0" } });
    expect(await readBundle(bundle(), { release: "18.1" })).toMatchObject({
      ok: false,
      message: expect.stringContaining("19.1"),
    });
  });
});

const ring = [relation("revoked-by", "T1562", "T1066"), relation("revoked-by", "T1066", "T1562")];

const odd = (more: Readonly<Record<string, unknown>>) =>
  bundle([...wholeRelease(), technique("T1601", ["stealth"], more)]);
const many = (type: string, count: number) =>
  bundle([...wholeRelease(), ...Array.from({ length: count }, () => ({ type }))]);

describe("a bundle that is none is refused by what is wrong with it", () => {
  test.each([
    ["bytes that are no text", Uint8Array.of(0xff, 0xfe, 0x00), "no JSON in UTF-8"],
    ["a damaged gzip", Uint8Array.of(0x1f, 0x8b, 0x08, 0x00, 0x01), "gzip"],
    ["a gzip that unpacks without end", gzipSync(Buffer.alloc(100 * 1024 * 1024, 32)), "larger than"],
    ["something else in JSON", Buffer.from("[1]"), "no STIX bundle"],
    ["no matrix", bundle(releaseWithout("x-mitre-matrix")), "no matrix"],
    ["a matrix without its tactics", bundle(releaseWithout("x-mitre-tactic")), "which is not there"],
    ["no technique", bundle(releaseWithout("attack-pattern")), "no techniques"],
    ["no copyright", bundle(releaseWithout("marking-definition")), "copyright"],
    [
      "a release that is none",
      bundle(releaseWithout("x-mitre-collection", [{ ...COLLECTION, x_mitre_version: "../19" }])),
      "is no release",
    ],
    ["two releases", bundle([...wholeRelease(), { ...COLLECTION, x_mitre_version: "18.1" }]), "several releases"],
    ["a tactic nobody knows", bundle([...wholeRelease(), technique("T1600", ["mystery"])]), '"mystery"'],
    ["a technique twice", bundle([...wholeRelease(), technique("T1027", ["stealth"])]), "T1027 is there twice"],
    ["a sub-technique of nothing", bundle([...wholeRelease(), technique("T1600.001", ["stealth"])]), "no parent"],
    [
      "a sub-technique of another",
      bundle([...wholeRelease(), relation("subtechnique-of", "T1110.003", "T1027")]),
      "a sub-technique of T1027",
    ],
    ["a ring of successors", bundle(releaseWithout("relationship", ring)), "a ring"],
    [
      "a name with a line break",
      bundle([...wholeRelease(), technique("T1601", ["stealth"], { name: "a\nb" })]),
      "no usable name",
    ],
    [
      "a name without end",
      bundle([...wholeRelease(), technique("T1601", ["stealth"], { name: "a".repeat(5000) })]),
      "no usable name",
    ],
    ["a month that is none", odd({ created: "2020-13-01T00:00:00Z" }), 'no instant "created"'],
    ["a day that is none", odd({ modified: "2026-02-30T00:00:00.000Z" }), 'no instant "modified"'],
    ["an hour that is none", odd({ modified: "9999-99-99T99:99:99Z" }), 'no instant "modified"'],
    ["a change before it was made", odd({ modified: "2019-12-31T23:59:59.999999Z" }), "changed before it was made"],
    [
      "a change a moment before it was made",
      odd({ created: "2020-01-01T00:00:00.5Z", modified: "2020-01-01T00:00:00Z" }),
      "changed before it was made",
    ],
    ["one STIX id for two techniques", odd({ id: stixIdOf("T1027") }), "T1027 and T1601 have one STIX id"],
    ["more techniques than a release has", many("attack-pattern", 5_001), "5011 objects of type attack-pattern"],
    ["more groups than a release has", many("intrusion-set", 5_000), "5001 objects of type intrusion-set"],
    ["more tactics than a matrix has", many("x-mitre-tactic", 98), "101 objects of type x-mitre-tactic"],
    [
      "an id that is none",
      bundle([...wholeRelease(), technique("T1601", ["stealth"], { id: "attack-pattern--../../x" })]),
      "no STIX id",
    ],
  ])("%s", async (_, bytes, message) => {
    expect(await readBundle(bytes)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });

  test("what a message shows of it is short and plain", async () => {
    const read = await readBundle(bundle([...wholeRelease(), technique("T1600", [`\u001b[31m${"x".repeat(500)}`])]));
    expect(read.ok ? "" : read.message).toMatch(/^[\x20-\x7e]{1,200}$/);
  });

  test("names of properties every object has are no tactics and no techniques", async () => {
    const objects = releaseWithout("x-mitre-tactic", [
      ...TACTICS.slice(1),
      { ...TACTICS[0], x_mitre_shortname: "__proto__" },
    ]);
    expect(await readBundle(bundle(objects))).toMatchObject({
      ok: false,
      message: expect.stringContaining("no short name"),
    });
    expect(await readBundle(bundle([...wholeRelease(), technique("T1600", ["constructor"])]))).toMatchObject({
      ok: false,
    });
  });

  test("an instant may have any fraction of a second, and a change may be the making", async () => {
    const same = { created: "2024-02-29T23:59:59Z", modified: "2024-02-29T23:59:59.000000Z" };
    expect((await readBundle(odd(same))).ok).toBe(true);
  });

  test("objects of other kinds, and relations to what is not there, are left alone", async () => {
    const more = [
      { type: "malware", id: "x" },
      7,
      null,
      relation("uses", GROUP, "T9999"),
      ...RELATIONS,
      ...TECHNIQUES.slice(0, 0),
    ];
    expect((await readBundle(bundle([...wholeRelease(), ...(more as Record<string, unknown>[])]))).ok).toBe(true);
  });
});
