import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import {
  APPROVAL_DOMAIN,
  APPROVAL_KEY_DOMAIN,
  ok,
  type Action,
  type ActionId,
  type ActionStatement,
  type ApprovalKeyAdd,
  type ApprovalKeyId,
  type Delegation,
  type DelegationId,
  type DelegationWish,
  type Result,
  type StatementRequest,
  type StatementSignature,
} from "@tyr/contract";
import type { By, Govern } from "#govern";

type HasGovern = Readonly<{
  govern: Pick<Govern, "approvalKeys" | "statement" | "get" | "approve" | "reject" | "withdraw" | "delegations">;
}>;
type Signer = Readonly<{ key: KeyObject; id: ApprovalKeyId }>;

const signed = (key: KeyObject, text: string): string => sign(null, Buffer.from(text), key).toString("base64url");

/** A software key as its owner would register it. */
export function newKeyOf(subjectId: string, name = "a test"): Readonly<{ key: KeyObject; body: ApprovalKeyAdd }> {
  const { privateKey: key, publicKey } = generateKeyPairSync("ed25519");
  const text = publicKey.export({ format: "der", type: "spki" }).toString("base64url");
  const proof = signed(key, `${APPROVAL_KEY_DOMAIN}${subjectId}\n${text}`);
  return { key, body: { name, publicKey: text, proof } };
}

/** Signs a statement as `tyr approve` does. */
export function signWith(
  { key, id: keyId }: Signer,
  stated: Pick<ActionStatement, "text" | "digest">,
): StatementSignature {
  return {
    kind: "ed25519",
    statement: stated.digest,
    keyId,
    signature: signed(key, `${APPROVAL_DOMAIN}${stated.text}`),
  };
}

const SIGNERS = new WeakMap<HasGovern["govern"], Map<string, Promise<Result<Signer>>>>();

async function register({ govern }: HasGovern, by: By): Promise<Result<Signer>> {
  const { key, body } = newKeyOf(by.actor.id);
  const added = await govern.approvalKeys.add(body, by);
  return added.ok ? ok({ key, id: added.value.id }) : added;
}

/** The key of a person in this world, registered when it is first asked for; a refusal is not kept. */
export async function signerOf(world: HasGovern, by: By): Promise<Result<Signer>> {
  const known = SIGNERS.get(world.govern) ?? new Map<string, Promise<Result<Signer>>>();
  SIGNERS.set(world.govern, known);
  const { id: owner } = by.actor;
  const made = async (): Promise<Result<Signer>> => {
    const pending = known.get(owner) ?? register(world, by);
    known.set(owner, pending);
    const signer = await pending;
    if (!signer.ok) known.delete(owner);
    return signer;
  };
  const signer = await made();
  if (!signer.ok) return signer;
  // A test may move the clock by years, or disable somebody for a while: then they have made another key.
  const keys = await world.govern.approvalKeys.list(by);
  if (keys.some(({ id, state }) => id === signer.value.id && state === "active")) return signer;
  if ((await known.get(owner)) === signer) known.delete(owner);
  return await made();
}

export type Wish = StatementRequest & Readonly<{ id: ActionId }>;

/** Asks for the statement and signs it with the person's key. */
export async function signAs(world: HasGovern, by: By, { id, ...wish }: Wish): Promise<Result<StatementSignature>> {
  const stated = await world.govern.statement({ id, by, wish });
  if (!stated.ok) return stated;
  const signer = await signerOf(world, by);
  return signer.ok ? ok(signWith(signer.value, stated.value)) : signer;
}

/** Somebody approves what they were shown; in another's place by a delegation. */
export async function approve(
  world: HasGovern,
  shown: Action & Readonly<{ delegation?: DelegationId }>,
  by: By,
): Promise<Result<Action>> {
  const { id, requestDigest, delegation } = shown;
  const inPlace = delegation === undefined ? {} : { delegation };
  const what = { id, requestDigest, dryRunDigest: shown.dryRun?.digest ?? "none", ...inPlace };
  const signature = await signAs(world, by, { ...what, statement: "approve" });
  return signature.ok ? await world.govern.approve({ ...what, by, signature: signature.value }) : signature;
}

type Said = Readonly<{ id: ActionId; by: By }>;

/** Somebody says no to an action as it is now. */
export async function reject(world: HasGovern, { id, by, reason }: Said & Readonly<{ reason: string }>) {
  const now = await world.govern.get(id);
  if (!now.ok) return now;
  const { requestDigest } = now.value;
  const signature = await signAs(world, by, { id, statement: "reject", requestDigest, reason });
  return signature.ok ? await world.govern.reject({ id, by, reason, signature: signature.value }) : signature;
}

/** Somebody takes their approval back. */
export async function withdraw(world: HasGovern, { id, by }: Said): Promise<Result<Action>> {
  const now = await world.govern.get(id);
  if (!now.ok) return now;
  const { requestDigest } = now.value;
  const signature = await signAs(world, by, { id, statement: "withdraw", requestDigest });
  return signature.ok ? await world.govern.withdraw({ id, by, signature: signature.value }) : signature;
}

/** Somebody hands their approving over. */
export async function handOver(world: HasGovern, wish: DelegationWish, by: By): Promise<Result<Delegation>> {
  const stated = await world.govern.delegations.statement(wish, by);
  if (!stated.ok) return stated;
  const signer = await signerOf(world, by);
  if (!signer.ok) return signer;
  return await world.govern.delegations.create({ ...wish, signature: signWith(signer.value, stated.value) }, by);
}
