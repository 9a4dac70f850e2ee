import type { BehaviourClass, LinkReason } from "@tyr/contract";

/** How a source behaves, in words, and what that is read from. */
export const BEHAVIOUR_WORDS: Readonly<Record<BehaviourClass, Readonly<{ short: string; long: string }>>> = {
  unknown: { short: "unknown", long: "Fewer than three events: too little to tell." },
  slow_scan: { short: "slow scan", long: "Several services, ten seconds or more between events." },
  scanning: { short: "scanning", long: "Several services in quick succession." },
  brute_force: { short: "brute force", long: "One service, many events, evenly and quickly." },
  beaconing: { short: "beaconing", long: "Events at an even pace, as a program calls home." },
  interactive: { short: "interactive", long: "Quick and uneven, as a person types." },
  mixed: { short: "mixed", long: "None of the others alone." },
};

export const REASON_WORDS: Readonly<Record<LinkReason["kind"], string>> = {
  ja3: "same TLS client (JA3)",
  ja4: "same TLS client (JA4)",
  hassh: "same SSH client (HASSH)",
  payload: "same file moved",
  c2: "same host fetched from",
  commands: "similar commands",
  credentials: "similar credentials",
  asn: "same network",
  keystrokes: "typed in a rhythm as like",
  handoff: "one goes on where the other stopped",
  payload_c2: "shared files and hosts",
  overlap: "active at the same time",
  cohort: "same network, tool and sensors",
  person: "said by a person",
};
