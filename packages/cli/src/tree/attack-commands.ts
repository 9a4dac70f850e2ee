import type { CommandSpec } from "./command-spec.ts";

const ACCEPTING: NonNullable<CommandSpec["options"]> = [
  { flags: "--preview", about: "only show what it would change" },
  { flags: "--accept-refused-rules <n>", about: "so many rules in force may be left out; without it none may" },
];

export const ATTACK_COMMANDS: readonly CommandSpec[] = [
  {
    path: "attack show",
    about: "The ATT&CK releases in force, and what they made of the rules",
    needs: "detection:read",
    load: async () => (await import("../commands/attack.ts")).show,
  },
  {
    path: "attack load",
    values: "<file>",
    about: "Load another ATT&CK release: a STIX bundle of MITRE's, plain or gzip; rules move with it at once",
    needs: "attack:load",
    options: [{ flags: "--release <n>", about: "which release it is, for bundles that do not say so" }, ...ACCEPTING],
    examples: [
      "tyr attack load enterprise-attack-19.1.json --preview",
      "tyr attack load enterprise-attack-19.1.json --accept-refused-rules 2",
      "tyr attack load enterprise-attack.json --release 18.1",
    ],
    load: async () => (await import("../commands/attack.ts")).load,
  },
  {
    path: "attack unload",
    values: "<domain>",
    about: "Back to the ATT&CK release that comes with Tyr, or to none of a domain that does not come with it",
    needs: "attack:load",
    options: ACCEPTING,
    examples: ["tyr attack unload enterprise-attack"],
    load: async () => (await import("../commands/attack.ts")).unload,
  },
  {
    path: "attack export",
    values: "<format>",
    about: "What was seen, as a layer of ATT&CK Navigator (navigator), a STIX 2.1 bundle (stix) or a MISP event (misp)",
    needs: "detection:read",
    options: [
      { flags: "--attacker <id>", about: "of one source address (or atk_…)" },
      { flags: "--identity <id>", about: "of one identity" },
      { flags: "--campaign <id>", about: "of one campaign" },
      { flags: "--domain <name>", about: "enterprise-attack (default for navigator), ics-attack …" },
      { flags: "--from <time>", about: "seen from then on: 2026-11-02, 2026-11-02T08:00:00Z, or 7d" },
      { flags: "--to <time>", about: "and before then" },
      { flags: "--confidence <n>", about: "leave out tags less sure than this, 0.3 to 1 (default 0.6)" },
      { flags: "--release <n>", about: "navigator: only tags made under this ATT&CK release" },
      {
        flags: "--score <what>",
        about: "navigator: what the colours say (default normalised)",
        choices: ["count", "normalised", "confidence", "rules", "recency"],
      },
      { flags: "--limit <n>", about: "stix, misp: pairs of technique and address, last seen first (default 2000)" },
    ],
    examples: [
      "tyr attack export navigator --from 7d > layer.json",
      "tyr attack export stix --identity idn_01234567-89ab-7cde-8f01-23456789abcd > bundle.json",
    ],
    load: async () => (await import("../commands/attack.ts")).exportSeen,
  },
];
