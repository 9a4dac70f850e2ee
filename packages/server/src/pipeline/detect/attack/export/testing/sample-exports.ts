import type { SeenOfAnchor, SeenTechnique } from "../../../ttp-store.ts";
import { builtInAttack, releaseOf, type AttackRelease } from "../../attack-release.ts";
import { mispEvent, type MispEvent } from "../misp-event.ts";
import { navigatorLayer, type NavigatorLayer, type NavigatorScore } from "../navigator-layer.ts";
import { stixBundle, type StixBundle } from "../stix-bundle.ts";

export type SampleExports = Readonly<{
  layers: readonly NavigatorLayer[];
  bundle: StixBundle;
  event: MispEvent;
}>;

const SCORES: readonly NavigatorScore[] = ["count", "normalised", "confidence", "rules", "recency"];
const attack = builtInAttack();
const IDENTITY = "idn_00000000-0000-5000-8000-000000000001";
const at = (day: number): Date => new Date(Date.UTC(2026, 1, day, 10));

/** What rules are called and what an export is said to be about, where somebody wants to harm whoever reads it. */
const HOSTILE = `"}],"x":<script>\u0000\u202E\uD800${"a".repeat(5_000)}`;

type Asked = Readonly<{ pairs: readonly SeenOfAnchor[]; about: string; title: string; left: number }>;

function exportsOf({ pairs, about, title, left }: Asked): SampleExports {
  const seen: readonly SeenTechnique[] = pairs.flatMap(({ anchor, ...one }) => {
    const tactics = releaseOf(attack, one.domain)?.techniques[one.technique]?.[1] ?? ["impact"];
    return tactics.map((tactic) => ({
      ...one,
      tactic,
      confidenceMax: 0.9,
      rules: Array.from({ length: 9 }, (_none, index) => `r${index}`),
      releases: ["18.1"],
      anchors: [anchor],
    }));
  });
  const releases = ["enterprise-attack", "ics-attack"].map((domain) => releaseOf(attack, domain) as AttackRelease);
  return {
    layers: releases.flatMap((release) =>
      SCORES.map((score) =>
        navigatorLayer({
          attack: release,
          release: undefined,
          about,
          score,
          filters: [about],
          seen,
          ruleTitle: () => title,
        }),
      ),
    ),
    bundle: stixBundle({ attack, seen: pairs, left, identities: new Map([[IDENTITY, [IDENTITY, "198.51.100.3"]]]) }),
    event: mispEvent({ attack, about, seen: pairs, left, now: at(3) }),
  };
}

const pair = (anchor: string, technique: string, count = 1): SeenOfAnchor => ({
  anchor,
  domain: technique.startsWith("T0") ? "ics-attack" : "enterprise-attack",
  technique,
  count,
  firstAt: at(1),
  lastAt: at(2),
});

/** Every technique of both releases, of an address, an IPv6 address and an identity; nothing at all; and hostile words. */
export const SAMPLE_EXPORTS: Readonly<Record<"everything" | "nothing" | "hostile", SampleExports>> = {
  everything: exportsOf({
    pairs: ["198.51.100.3", "2001:db8::1", IDENTITY].flatMap((anchor) =>
      ["enterprise-attack", "ics-attack"].flatMap((domain) =>
        Object.keys(releaseOf(attack, domain)?.techniques ?? {}).map((technique) => pair(anchor, technique, 5)),
      ),
    ),
    about: "everybody",
    title: "Passwords guessed",
    left: 7,
  }),
  nothing: exportsOf({ pairs: [], about: "everybody", title: "", left: 0 }),
  hostile: exportsOf({
    pairs: [
      pair("198.51.100.3", "T1110.003", Number.MAX_SAFE_INTEGER),
      pair("203.0.113.9", "T9999"),
      pair("203.0.113.9", "__proto__"),
      pair("2001:db8::1", "T1078"),
    ],
    about: HOSTILE,
    title: HOSTILE,
    left: Number.MAX_SAFE_INTEGER,
  }),
};
