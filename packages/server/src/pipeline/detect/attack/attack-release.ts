import { readFileSync } from "node:fs";

/** Names and tactics of one ATT&CK release. MITRE's notice and licence are in the data and beside it. */
export type AttackRelease = Readonly<{
  release: string;
  domain: string;
  notice: string;
  /** Short name → [TA id, name]. */
  tactics: Readonly<Record<string, readonly [id: string, name: string]>>;
  /** Technique or sub-technique id → [name, short names of its tactics]. */
  techniques: Readonly<Record<string, readonly [name: string, tactics: readonly string[]]>>;
}>;

let bundled: AttackRelease | undefined;

/** The release that comes with Tyr; which one it is stands in the data, never in code. */
export function bundledAttack(): AttackRelease {
  bundled ??= JSON.parse(readFileSync(new URL("enterprise-attack.json", import.meta.url), "utf8")) as AttackRelease;
  return bundled;
}

export type TaggedTechnique = Readonly<{ technique: string; subTechnique: string | null; tactic: string }>;
export type TechniquesRead =
  | Readonly<{ ok: true; techniques: readonly TaggedTechnique[] }>
  | Readonly<{ ok: false; message: string }>;

/**
 * Pairs each technique a rule names with a tactic it names. A technique the release does not have, a technique none of
 * the named tactics belongs to, and a tactic no named technique belongs to are refused: such tags would be false.
 * A rule that names no tactic gets the first one of the technique.
 */
export function pairTechniques(
  named: Readonly<{ techniques: readonly string[]; tactics: readonly string[] }>,
  attack: AttackRelease,
): TechniquesRead {
  const used = new Set<string>();
  const techniques: TaggedTechnique[] = [];
  for (const id of named.techniques) {
    const known = attack.techniques[id];
    if (known === undefined) return refused(`${id} is not in ATT&CK ${attack.release} (${attack.domain})`);
    const [name, tactics] = known;
    for (const tactic of tactics) if (named.tactics.includes(tactic)) used.add(tactic);
    const tactic = named.tactics.length === 0 ? tactics[0] : named.tactics.find((one) => tactics.includes(one));
    if (tactic === undefined)
      return refused(`${id} (${name}) belongs to ${tactics.join(", ")}, none of which is named`);
    techniques.push({ technique: id.slice(0, 5), subTechnique: id.includes(".") ? id : null, tactic });
  }
  const idle = named.tactics.find((tactic) => !used.has(tactic));
  if (idle !== undefined) return refused(`no technique of this rule belongs to the tactic ${idle}`);
  return { ok: true, techniques };
}

function refused(message: string): TechniquesRead {
  return { ok: false, message };
}

/** Name of a technique or sub-technique, null when the release does not have it. */
export function techniqueName(id: string, attack: AttackRelease = bundledAttack()): string | null {
  return attack.techniques[id]?.[0] ?? null;
}
