import fc from "fast-check";
import type { ActionRow } from "../../store.ts";
import type { MoveName } from "../moves.ts";
import { MOVE_NAMES } from "../moves.ts";
import { checkInvariants, createReplay } from "./invariants.ts";
import { behalfIn } from "./model-loans.ts";
import type { ModelPolicy } from "./model-policy.ts";
import { begin, Diverged, OWN_DELAY_MS, take, type StepName } from "./model-steps.ts";
import {
  byOf,
  liveApprovals,
  nothing,
  openWorld,
  type Asking,
  type Product,
  type Tracked,
  type World,
} from "./model-world.ts";
import { specifiedNext, specifiedOffer } from "./specification.ts";

/** How often each step comes: what leads to an execution often, what ends a walk seldom. */
const WEIGHTS: Readonly<Record<StepName, number>> = {
  approve: 17,
  ripen: 6,
  alone: 3,
  approveOwn: 3,
  breakGlass: 6,
  review: 3,
  execute: 10,
  withdraw: 3,
  edit: 3,
  sweep: 2,
  clone: 1,
  anyEvent: 2,
  create: 2,
  dryRun: 4,
  submit: 3,
  reject: 1,
  cancel: 1,
  revert: 2,
  wait: 4,
  mode: 2,
  policy: 1,
  own: 1,
  look: 2,
  disable: 2,
  enable: 2,
  roles: 3,
  lend: 7,
  endLoan: 2,
  approveFor: 9,
  endKey: 2,
  calm: 4,
};
const OPERATIONS = (Object.entries(WEIGHTS) as [StepName, number][]).flatMap(([name, weight]) =>
  Array.from({ length: weight }, () => name),
);

/** Bytes are a walk: where it begins, then three a step: what, who with which action and what they were shown, how. */
export const walks: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 26, maxLength: 74, size: "max" });

type Asked = Readonly<{ name: StepName; way: Parameters<typeof take>[2] }>;
type Shown = NonNullable<Asking["shown"]>;

/** Whether a screen offers each move to exactly whom the specification says. */
function checkOffers(world: World, { way: { who, action } }: Asked): void {
  const situation = {
    action: action.row,
    by: byOf(who),
    now: new Date(world.now),
    approvals: liveApprovals(action),
    authors: action.authors,
    ...(world.alone ? { ownApprovalDelayMs: OWN_DELAY_MS } : {}),
  };
  const { now, alone, accounts, keyless, lent } = world;
  for (const name of MOVE_NAMES satisfies readonly MoveName[]) {
    const offered = world.product.machine.isOffered(name, situation);
    const asking = { action, who, now, alone, accounts, keyless };
    const expected = specifiedOffer(name, asking);
    if (expected !== undefined && offered !== expected)
      throw new Diverged(`${name} from ${action.row.state} offered to ${who.id}: ${String(offered)}`);
    if (name !== "approve" && name !== "reject") continue;
    for (const loan of lent) {
      const behalf = behalfIn(world, who, loan);
      const inPlace = world.product.machine.isOffered(name, { ...situation, behalf });
      if (inPlace !== specifiedOffer(name, { ...asking, behalf: { lent: loan } }))
        throw new Diverged(`${name} from ${action.row.state} offered to ${who.id} by ${loan.id}: ${String(inPlace)}`);
    }
  }
}

function shownNow({ row }: World["actions"][number]): Shown {
  return { requestDigest: row.request_digest, dryRunDigest: row.dry_run?.digest ?? "" };
}

type Walking = Readonly<{
  product: Product;
  policy: ModelPolicy;
  /** Told of every move that was made, as `state event`. */
  made?: (pair: string) => void;
}>;

/** What people have on their screens: one in four acts on what was there before. */
function createScreens(): (whose: string, at: Readonly<{ chosen: number; now: Shown }>) => Shown {
  const seen = new Map<string, Shown>();
  return (whose, { chosen, now }) => {
    if (chosen < 128) seen.set(whose, now);
    return chosen >= 192 ? (seen.get(whose) ?? now) : now;
  };
}

/** Looks at what a step did: every invariant, and each move where the specification says it leads. */
function createSettle(made: Walking["made"]): (world: World, before: ReadonlyMap<Tracked, ActionRow>) => void {
  const replay = createReplay();
  return (world, before) => {
    checkInvariants(world, before);
    replay(world);
    for (const { from, event, to } of world.happened.moves) {
      if (to !== specifiedNext(from, event)) throw new Diverged(`${event} from ${from} leads to ${to}`);
      made?.(`${from} ${event}`);
    }
    world.happened = nothing();
  };
}

/** One walk. @throws {Violated} {Diverged} */
export function walk(bytes: Uint8Array, { product, policy, made }: Walking): World {
  const at = (index: number): number => bytes[index] ?? 0;
  const world = openWorld(product, policy, at(0) % 4 !== 3);
  const shownTo = createScreens();
  let last: Asked | undefined;
  begin(world, at(1));
  const settle = createSettle(made);
  settle(world, new Map());
  for (let index = 2; index + 2 < bytes.length && world.actions.length > 0; index += 3) {
    const [operation, chosen, n] = [at(index), at(index + 1), at(index + 2)];
    const action = world.actions[(chosen >> 3) % world.actions.length];
    const who = world.accounts[chosen % world.accounts.length];
    if (action === undefined || who === undefined) continue;
    const shown = shownTo(`${who.id} ${action.row.id}`, { chosen, now: shownNow(action) });
    const name = OPERATIONS[operation % OPERATIONS.length] ?? "approve";
    // What was sent is sent again, exactly, whatever happened since.
    const asked: Asked = operation >= 240 && last !== undefined ? last : { name, way: { who, n, action, shown } };
    const before = new Map(world.actions.map((one) => [one, one.row] as const));
    take(world, asked.name, asked.way);
    settle(world, before);
    if (n >= 208 || name === "roles") checkOffers(world, asked);
    last = asked;
  }
  return world;
}
