import { ACTION_TYPE_FACTS } from "@tyr/contract";
import { requestDigest, type Parts } from "../../draft-action.ts";
import { blockIp } from "../../kinds/block-ip.ts";
import type { ActionKind } from "../../kinds/kind.ts";
import { setModeKind } from "../../kinds/set-mode.ts";
import type { GovernPorts } from "../../ports.ts";
import type { ActionRow } from "../../store.ts";
import { riskOfTarget, TARGETS } from "./model-policy.ts";
import { idOf, isModeTarget, type Account, type Tracked, type World } from "./model-world.ts";

/** Their facts about targets are asked of the model's policy: only what a request is made of is asked of the kinds. */
const NO_PORTS = {} as GovernPorts;
const KINDS: readonly [ActionKind, ActionKind] = [
  blockIp({ ports: NO_PORTS, own: [] }),
  setModeKind({ bus: { publish: () => undefined } as unknown as Parameters<typeof setModeKind>[0]["bus"] }),
];
export function partsOf(row: Pick<ActionRow, "target" | "justification" | "ttl_seconds">, target: number): Parts {
  const kind = KINDS[isModeTarget(target) ? 1 : 0];
  const { justification, ttl_seconds: ttlSeconds } = row;
  return { kind, target: row.target, justification, ttlSeconds, evidence: undefined };
}

/** The digest of what would run, from the row alone: what an approval must name. */
export const digestNow = (action: Tracked): string =>
  requestDigest(action.row, { ...partsOf(action.row, action.target), evidence: undefined });

type Wanted = Readonly<{ who: Account; target: number; ttlSeconds: number | null }>;

export function rowOf(world: World, { who, target, ttlSeconds }: Wanted): ActionRow {
  const id = idOf((world.created += 1));
  const text = TARGETS[target] ?? "";
  const [type, kind] = isModeTarget(target) ? (["set_mode", "person"] as const) : (["block_ip", who.kind] as const);
  const risk = riskOfTarget(target, who.kind);
  const at = new Date(world.now);
  const base = { id, type, target: text, justification: "x", ttl_seconds: ttlSeconds, revision: 1 } as const;
  // Columns that nothing looks at here are left out.
  const row: Partial<ActionRow> = {
    ...base,
    network: null,
    incident_id: null,
    detection_ids: [],
    risk,
    requester: who.actor,
    requester_id: who.id,
    requester_kind: isModeTarget(target) ? who.kind : kind,
    people_behind: [...who.behind],
    connector: ACTION_TYPE_FACTS[type].connector,
    state: "draft",
    decision: null,
    dry_run: null,
    dry_run_at: null,
    submitted_at: null,
    deadline_at: null,
    created_at: at,
    updated_at: at,
    executed_at: null,
    effect_ends_at: null,
    block_id: null,
    failure: null,
  };
  const asked = row as ActionRow;
  return { ...asked, request_digest: requestDigest(asked, partsOf(asked, target)) };
}
