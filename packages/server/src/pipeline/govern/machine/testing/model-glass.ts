import { runsUntil } from "../../break-glass/break-glass.ts";
import { move, byOf, weighedBroken, type Account, type Tracked, type World } from "./model-world.ts";
import type { Way } from "./model-steps.ts";

// Breaking the glass, as the walks do it. What somebody owes is remembered by the walk, never read from the product.

type Attempt = (
  world: World,
  action: Tracked,
  asked: Readonly<{
    move: "breakGlass";
    who: Account;
    shown: Way["shown"];
    decision: ReturnType<typeof weighedBroken>;
  }>,
) => boolean;

const ableOf = ({ accounts }: World): readonly Account[] =>
  accounts.filter(({ active, permissions }) => active && permissions?.has("action:break_glass") === true);

/** Few may: seven in eight times it is one of them who tries. */
function whoTries(world: World, { who, n }: Way): Account {
  const able = ableOf(world);
  return n % 8 === 0 ? who : (able[n % able.length] ?? who);
}

/** As `breakGlass` does it. */
export function breakGlass(world: World, way: Way, attempt: Attempt): void {
  // One that would fail is seldom there, and must not be run on anybody's word.
  const failing = world.actions.find(({ row }) => row.state === "pending" && row.dry_run?.ok === false);
  const who = failing === undefined ? whoTries(world, way) : (ableOf(world).find(({ owes }) => !owes) ?? way.who);
  const action = failing ?? way.action;
  const { request_digest: request, dry_run: dryRun } = action.row;
  const shown = failing === undefined ? way.shown : { requestDigest: request, dryRunDigest: dryRun?.digest ?? "" };
  const decision = weighedBroken(world, action);
  if (!attempt(world, action, { move: "breakGlass", who, shown, decision })) return;
  const { revision, submitted_at } = action.row;
  action.broken = { by: who.id, revision, requestDigest: request, dryRunDigest: dryRun?.digest ?? "" };
  who.owes = true;
  world.happened.decisions.push({ action, step: "break_glass", decision });
  const at = new Date(world.now);
  const changes = {
    decision,
    submitted_at: submitted_at ?? at,
    deadline_at: runsUntil(action.row, at),
  };
  move(world, action, { event: "break_glass", by: byOf(who), changes });
}

/** Somebody else closes what is owed. */
export function review(world: World, { who, action }: Way): void {
  const user = world.accounts.find(({ id }) => id === action.broken?.by);
  if (user !== undefined && user !== who) user.owes = false;
}
