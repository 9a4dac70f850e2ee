import type { ActionType, Result } from "@tyr/contract";
import type { Fact, ReadDatabase, WriteTransaction } from "#platform/database";
import type { Asked } from "../policy/asked.ts";
import type { Plan } from "../ports.ts";
import type { By } from "../room.ts";
import type { ActionRow } from "../store.ts";

/** `db` is the handle to read through: inside a transaction that one, because the embedded engine has one connection. */
export type KindRequest = Readonly<{ db: ReadDatabase; target: string; ttlSeconds: number | null; now: Date }>;

/** What this room itself changed for an action: in the caller's transaction, told when that is over. */
export type OwnEffect = Readonly<{
  facts: readonly Fact[];
  endsAt: Date | null;
  detail: string;
  committed(): void;
}>;

/** What everything about actions asks of one type of them. `target` is canonical but in `readTarget`. */
export type ActionKind = Readonly<{
  type: ActionType;
  /** Refusal `TARGET_INVALID`: what is wrong with it, and what would be right. */
  readTarget(text: string): Result<string>;
  /** As a network, where it is one: what overlaps is found by it. */
  networkOf(target: string): string | null;
  /** Whether evidence against this address is evidence for acting on this target. */
  concerns(target: string, actorIp: string): boolean;
  /** Present where what policy is asked about could change before it is done: held from the question to the deed. */
  hold?(tx: WriteTransaction): Promise<void>;
  /** What policies may know about the target as things are now. */
  describe(request: KindRequest): Promise<Asked>;
  /** What would change, computed from what is there now; changes nothing. */
  plan(request: KindRequest): Promise<Plan>;
  /** The target as it is, in the words of `Plan.before`: compared at execution with what the dry run saw. */
  observe(request: KindRequest): Promise<readonly string[]>;
  /** Present where this room itself carries the action out. */
  apply?(tx: WriteTransaction, done: Readonly<{ row: ActionRow; by: By; at: Date }>): Promise<OwnEffect>;
}>;

export type ActionKinds = Readonly<Record<ActionType, ActionKind>>;
