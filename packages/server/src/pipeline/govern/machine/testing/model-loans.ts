import { permissionsOf, type DelegationId } from "@tyr/contract";
import type { Behalf } from "../../delegations/standing.ts";
import type { Way } from "./model-steps.ts";
import { standingsIn, type Account, type Lent, type World } from "./model-world.ts";

// Handing one's approving over, as the walks do it. What was lent is remembered by the walk, never read from the product.

const LENGTHS_MS = [10 * 60_000, 3 * 3_600_000, 30 * 86_400_000];

/** By a key or a token that holds less than they do. */
const isNarrowed = ({ permissions, roles }: Account): boolean =>
  permissions !== undefined && ![...permissionsOf(roles)].every((one) => permissions.has(one));

const isFree = ({ kind, active }: Account): boolean => kind === "person" && active;

/** As `delegation.create` does it: one to each, by somebody who may approve by a role of their own. */
export function lend(world: World, { who, n }: Way): void {
  const { accounts, lent, now } = world;
  const able = accounts.filter((one) => isFree(one) && permissionsOf(one.roles).has("action:approve"));
  const from = n % 2 === 0 ? who : able[n % able.length];
  const to = accounts[(n >> 2) % accounts.length];
  if (from === undefined || to === undefined || from === to || !able.includes(from) || !isFree(to)) return;
  const endsAt = now + (LENGTHS_MS[n % LENGTHS_MS.length] ?? 0);
  lent.push({ id: `dlg_${lent.length}` as DelegationId, from, to, endsAt, ended: false });
}

/** By which somebody says they act: as `behalfOf` does it. */
export function behalfIn(world: World, who: Account, lent: Lent | undefined): Behalf {
  const id = lent?.id ?? "dlg_none";
  if (isNarrowed(who)) return { id, standing: undefined };
  return { id, standing: standingsIn(world).find((one) => one.id === id && one.to === who.id) };
}

/** Whom they may stand in for, said from what was lent: undefined, for nobody. */
export function lender(lent: Lent | undefined, { who, now }: Readonly<{ who: Account; now: number }>) {
  if (lent === undefined || lent.to !== who || lent.ended || lent.endsAt <= now) return undefined;
  const { from } = lent;
  const holds = isFree(from) && isFree(who) && permissionsOf(from.roles).has("action:approve");
  return holds && !isNarrowed(who) ? from : undefined;
}

/** Somebody decides in another's place, or says so. */
export function standIn(world: World, way: Way): Way {
  const { lent } = world;
  const loan = lent.findLast(({ ended }) => !ended) ?? lent.at(-1);
  const chosen = way.n % 4 === 0 ? lent[way.n % Math.max(1, lent.length)] : loan;
  const who = way.n % 8 === 1 || chosen === undefined || !chosen.to.active ? way.who : chosen.to;
  const waiting = world.actions.find(({ row }) => row.state === "pending") ?? way.action;
  const { request_digest: requestDigest, dry_run: dryRun } = waiting.row;
  const shown = { requestDigest, dryRunDigest: dryRun?.digest ?? "" };
  return { ...way, who, action: waiting, shown, behalf: { lent: chosen } };
}
