import {
  statementDifferences,
  type Action,
  type ActionStatement,
  type DelegationId,
  type OutputOf,
  type StatementKind,
  type StatementSignature,
} from "@tyr/contract";
import { useMutation, type UseMutationResult } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { withProof } from "../api/proof.ts";
import { useDeed } from "../kit/use-act.ts";
import { signStatement } from "./sign-statement.ts";
import { STALE } from "./stale.ts";
import { digestOf, isChallengedBy } from "./statement-words.ts";

export type Decides = StatementKind;
/** What somebody wants to say, and in whose place. */
type Wish = Readonly<{ words: string | undefined; delegation: DelegationId | undefined }>;
type Read = Wish & Readonly<{ statement: ActionStatement; differs: readonly string[] }>;
type DecideOptions = Readonly<{ action: Action; decides: Decides; onDone: () => void }>;
type Decide = Readonly<{
  /** Has the text to sign written, and compares it with what is on screen. */
  asked: UseMutationResult<Read, Error, Wish>;
  /** Has it signed and hands it in. */
  sent: UseMutationResult<OutputOf<"action.approve">, Error, ActionStatement>;
}>;

const inPlace = (delegation: DelegationId | undefined) => (delegation === undefined ? {} : { delegation });

async function readStatement(
  { action, decides }: Pick<DecideOptions, "action" | "decides">,
  wish: Wish,
): Promise<Read> {
  const { words, delegation } = wish;
  const { id, requestDigest, dryRun } = action;
  const said = words === undefined ? {} : decides === "approve" ? { comment: words } : { reason: words };
  const shown = { requestDigest, ...(dryRun === null ? {} : { dryRunDigest: dryRun.digest }) };
  const body = { statement: decides, ...shown, ...said, ...inPlace(delegation) };
  const statement = await withProof(async () => await api.call("action.statement", { params: { id }, body }));
  const differs = statementDifferences(statement.text, { statement: decides, action, ...wish });
  const isSame = statement.passkey === null || isChallengedBy(statement, await digestOf(statement.text));
  return { statement, ...wish, differs: isSame ? differs : [...differs, "what the passkey would sign"] };
}

type Deciding = Readonly<{ action: Action; decides: Decides; wish: Wish; signature: StatementSignature }>;

async function send({
  action,
  decides,
  wish: { words, delegation },
  signature,
}: Deciding): Promise<OutputOf<"action.approve">> {
  const params = { id: action.id };
  if (decides === "withdraw") return await api.call("action.withdraw", { params, body: { signature } });
  if (decides === "reject")
    return await api.call("action.reject", {
      params,
      body: { reason: words ?? "", signature, ...inPlace(delegation) },
    });
  const shown = { requestDigest: action.requestDigest, dryRunDigest: action.dryRun?.digest ?? "" };
  if (decides === "break_glass")
    return await api.call("action.breakGlass", { params, body: { ...shown, reason: words ?? "", signature } });
  const comment = words === undefined ? {} : { comment: words };
  return await api.call("action.approve", {
    params,
    body: { ...shown, ...comment, signature, ...inPlace(delegation) },
  });
}

const SAID: Readonly<Record<Decides, (action: Action) => string>> = {
  approve: ({ state }) => (state === "pending" ? "Your approval is recorded; more are needed" : "Approved"),
  reject: () => "Rejected",
  withdraw: () => "Your approval is withdrawn",
  break_glass: () => "It runs without approvals; a review by somebody else is owed",
};

/** The two steps of a decision: the text, then the signature under it. */
export function useDecide({ action, decides, onDone }: DecideOptions): Decide {
  const asked = useMutation({
    mutationFn: async (wish: Wish) => await readStatement({ action, decides }, wish),
  });
  const { words, delegation } = asked.data ?? { words: undefined, delegation: undefined };
  const sent = useDeed(
    async (statement: ActionStatement) => {
      const signature = await signStatement(statement);
      return await withProof(async () => await send({ action, decides, wish: { words, delegation }, signature }));
    },
    { stale: STALE, done: (decided) => ({ text: SAID[decides](decided), ref: decided.id }), after: onDone },
  );
  return { asked, sent };
}
