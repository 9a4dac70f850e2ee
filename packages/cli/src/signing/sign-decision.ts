import {
  APPROVAL_DOMAIN,
  delegationDifferences,
  statementDifferences,
  type Action,
  type ApprovalKey,
  type DelegationWish,
  type Signable,
  type StatementRequest,
  type StatementSignature,
} from "@tyr/contract";
import { createHash } from "node:crypto";
import type { Api } from "../api.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { visible } from "../output/visible-text.ts";
import { isSealed, keyFilePath, openKey, readKeyFile, type OwnKey } from "./key-file.ts";
import { readPassphrase, type PassphrasePlace } from "./passphrase.ts";

type Found = Readonly<{ key: ApprovalKey; file: string; pem: string }>;

/** The newest of somebody's keys that count whose private half is on this machine. */
async function findHere({ world }: Context, keys: readonly ApprovalKey[]): Promise<Found | undefined> {
  for (const key of keys) {
    const file = keyFilePath(world, key.fingerprint);
    const pem = await readKeyFile(file);
    if (pem !== undefined) return { key, file, pem };
  }
  return undefined;
}

function noKeyHere(): CliFailure {
  return new CliFailure("decisions are signed, and no key of yours that counts is on this machine", {
    exit: EXIT.notPermitted,
    problemCode: "SIGNATURE_REQUIRED",
    fix: "Make one: tyr approval-key create NAME. Or decide in the browser, with a passkey.",
  });
}

async function openFound(context: Context, { file, pem }: Found, place: PassphrasePlace): Promise<OwnKey> {
  if (!isSealed(pem)) return openKey(pem, { file });
  return openKey(pem, { file, passphrase: await readPassphrase(context, place, "Passphrase of your approval key") });
}

/** A server that shows one thing and has another signed is not believed: `differs` says where the text is not what was asked for. */
function checkText({ text, digest }: Signable, differs: readonly string[], fix: string): void {
  const isNamed = createHash("sha256").update(text, "utf8").digest("hex") === digest;
  const all = [...(isNamed ? [] : ["its digest"]), ...differs];
  if (all.length === 0) return;
  throw new CliFailure(`the server's text to sign is not what was asked for: ${all.join(", ")}; nothing was signed`, {
    exit: EXIT.checkFailed,
    fix: `Ask whoever runs the server: it is faulty, or not the one it seems. ${fix}`,
  });
}

/** Shows the text and signs exactly that with a key of this machine. */
async function signText(context: Context, stated: Signable, place: PassphrasePlace): Promise<StatementSignature> {
  const found = await findHere(context, stated.keys);
  if (found === undefined) throw noKeyHere();
  context.print.say(`You sign: ${visible(stated.text)}`);
  const key = await openFound(context, found, place);
  const signature = key.sign(`${APPROVAL_DOMAIN}${stated.text}`);
  return { kind: "ed25519", statement: stated.digest, keyId: found.key.id, signature };
}

/** What is to be signed about what was shown. */
export type Wish = StatementRequest & Readonly<{ shown: Action }>;

/** Every word of the card is looked for in the text, which is then shown and signed with a key of this machine. */
export async function signDecision(
  context: Context,
  api: Api,
  { shown, place, ...wish }: Wish & Readonly<{ place: PassphrasePlace }>,
): Promise<StatementSignature> {
  const stated = await api.call("action.statement", { params: { id: shown.id }, body: wish });
  const { statement, reason, comment, delegation } = wish;
  const differs = statementDifferences(stated.text, { statement, action: shown, words: reason ?? comment, delegation });
  checkText(stated, differs, "Or the action changed meanwhile: look again.");
  return await signText(context, stated, place);
}

/** Hands one's approving over in a text that says what was asked for, and nobody else. */
export async function signHandOver(
  context: Context,
  api: Api,
  { place, ...wish }: DelegationWish & Readonly<{ place: PassphrasePlace }>,
): Promise<StatementSignature> {
  const stated = await api.call("delegation.statement", { body: wish });
  checkText(stated, delegationDifferences(stated, wish), "Name the account by its id: tyr user list shows it.");
  context.print.say(`You hand it to ${visible(stated.to.name)}, who is ${visible(stated.to.id)}.`);
  return await signText(context, stated, place);
}
