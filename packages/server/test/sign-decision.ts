import type {
  Action,
  Client,
  DelegationCreate,
  DelegationWish,
  StatementRequest,
  StatementSignature,
} from "@tyr/contract";
import { newKeyOf, signWith } from "../src/pipeline/respond/testing/sign-as.ts";

type Signer = Parameters<typeof signWith>[0];
const SIGNERS = new WeakMap<Client, Promise<Signer>>();

/** Registers a software key, as `tyr approval-key create` does just after signing in. */
async function register(client: Client): Promise<Signer> {
  const { user } = await client.call("session.get", {});
  const { key, body } = newKeyOf(user.id);
  const { id } = await client.call("approvalKey.add", { body });
  return { key, id };
}

async function signerOf(client: Client): Promise<Signer> {
  const signer = SIGNERS.get(client) ?? register(client);
  SIGNERS.set(client, signer);
  return await signer;
}

/** Has somebody sign a statement about an action with a key of theirs. */
export async function signatureOf(
  client: Client,
  { id, ...body }: StatementRequest & Readonly<{ id: Action["id"] }>,
): Promise<StatementSignature> {
  return signWith(await signerOf(client), await client.call("action.statement", { params: { id }, body }));
}

/** The body by which somebody hands their approving over. */
export async function handedOver(client: Client, body: DelegationWish): Promise<DelegationCreate> {
  return { ...body, signature: signWith(await signerOf(client), await client.call("delegation.statement", { body })) };
}

type Approval = Readonly<{
  requestDigest: string;
  dryRunDigest: string;
  comment?: string;
  signature: StatementSignature;
}>;

/** The body of somebody's approval of what they were shown. */
export async function approvalOf(
  client: Client,
  { id, requestDigest, dryRun }: Pick<Action, "id" | "requestDigest" | "dryRun">,
  comment?: string,
): Promise<Approval> {
  const shown = {
    requestDigest,
    dryRunDigest: dryRun?.digest ?? "",
    ...(comment === undefined ? {} : { comment }),
  };
  return { ...shown, signature: await signatureOf(client, { id, statement: "approve", ...shown }) };
}

/** Somebody approves what they were shown. */
export async function approveAs(client: Client, shown: Action, comment?: string): Promise<Action> {
  return await client.call("action.approve", {
    params: { id: shown.id },
    body: await approvalOf(client, shown, comment),
  });
}

/** The body of somebody's no. */
export async function rejectionOf(
  client: Client,
  { id, requestDigest }: Pick<Action, "id" | "requestDigest">,
  reason: string,
): Promise<Readonly<{ reason: string; signature: StatementSignature }>> {
  return { reason, signature: await signatureOf(client, { id, statement: "reject", requestDigest, reason }) };
}
