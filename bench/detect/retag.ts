import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadRulePack } from "../../packages/server/src/pipeline/detect/rule-pack.ts";

/** A pair every release knows. */
const KNOWN = "    - attack.execution\n    - attack.t1059\n";
const ATTACK_TAG = /^ *- *attack\..*\n/gim;
const TAGS = /^tags:[^\S\n]*\n/m;

/**
 * A copy of the rules in which those of another ATT&CK release than ours, which Tyr refuses, name a technique we know: all of a pack
 * made for a newer release is measured, and what it finds is tagged.
 */
export function retagged(rules: string, folder: string): Readonly<{ rules: string; retagged: number }> {
  const { rejected } = loadRulePack(rules);
  const foreign = new Set(rejected.filter(({ code }) => code === "attack-invalid").map(({ path }) => path));
  if (foreign.size === 0) return { rules, retagged: 0 };
  const copy = join(folder, "rules");
  cpSync(rules, copy, { recursive: true });
  for (const path of foreign) {
    const text = readFileSync(join(rules, path), "utf8").replaceAll("\r\n", "\n").replaceAll(ATTACK_TAG, "");
    writeFileSync(join(copy, path), text.replace(TAGS, `tags:\n${KNOWN}`));
  }
  return { rules: copy, retagged: foreign.size };
}
