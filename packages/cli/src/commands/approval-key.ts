import { APPROVAL_KEY_DAYS_MAX, APPROVAL_KEY_DOMAIN, isId, type ApprovalKey } from "@tyr/contract";
import { access } from "node:fs/promises";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { keyFilePath, makeKeyFile, removeKeyFile } from "../signing/key-file.ts";
import { passphrasePlace, readPassphrase } from "../signing/passphrase.ts";
import type { World } from "../world.ts";

const DAYS = 365;

/** Typed twice: a key nobody can open again signs nothing. */
async function newPassphrase(context: Context, input: Input): Promise<string | undefined> {
  if (!input.allowed("passphrase")) return undefined;
  const place = passphrasePlace(input);
  const passphrase = await readPassphrase(context, place, "New passphrase for the key");
  if (place.file !== undefined || passphrase === (await readPassphrase(context, place, "Passphrase again")))
    return passphrase;
  throw usage("the two are not the same; nothing was made");
}

/** The private half is kept before the server hears of the public one, so that none is registered that nobody holds. */
export const create: Run = async (context, input) => {
  const { world, print } = context;
  const name = input.value(0, "the key's name");
  const lifeDays = input.whole("days", { min: 1, max: APPROVAL_KEY_DAYS_MAX }) ?? DAYS;
  const api = await context.api();
  const { user } = await api.call("session.get", {});
  const { key, file } = await makeKeyFile(world, await newPassphrase(context, input));
  const { publicKey, fingerprint } = key;
  try {
    const proof = key.sign(`${APPROVAL_KEY_DOMAIN}${user.id}\n${publicKey}`);
    const made = await api.call("approvalKey.add", { body: { name, publicKey, proof, lifeDays } });
    print.one(made, () => [`${made.id} ${visible(made.name)} until ${showInstant(made.expiresAt)}`]);
  } catch (error) {
    await removeKeyFile(world, fingerprint);
    throw error;
  }
  print.say(`The private key is in ${visible(file)}, for you alone. From now on tyr approve signs with it.`);
  return EXIT.ok;
};

type Row = ApprovalKey & Readonly<{ here: boolean }>;
const COLUMNS: readonly Column<Row>[] = [
  { name: "id", value: (row) => row.id },
  { name: "name", value: (row) => row.name, cuttable: true },
  { name: "state", value: (row) => row.state, color: (row) => (row.state === "active" ? "green" : "dim") },
  { name: "here", value: (row) => (row.here ? "yes" : "no") },
  { name: "made", value: (row) => showInstant(row.createdAt) },
  { name: "expires", value: (row) => showInstant(row.expiresAt) },
  { name: "fingerprint", value: (row) => row.fingerprint, cuttable: true },
];

async function isHere(world: World, { fingerprint }: ApprovalKey): Promise<boolean> {
  return await access(keyFilePath(world, fingerprint)).then(
    () => true,
    () => false,
  );
}

export const list: Run = async ({ api, print, world }) => {
  const { items } = await (await api()).call("approvalKey.list", {});
  const rows = await Promise.all(items.map(async (key) => ({ ...key, here: await isHere(world, key) })));
  print.many(rows, COLUMNS, "You have no approval keys. Make one: tyr approval-key create NAME");
  return EXIT.ok;
};

export const revoke: Run = async ({ api, print, world }, input) => {
  const id = input.value(0, "the key's id");
  if (!isId("approvalKey", id))
    throw usage(`${visible(id)} is no id of an approval key`, "List them: tyr approval-key list");
  const ended = await (await api()).call("approvalKey.revoke", { params: { id } });
  await removeKeyFile(world, ended.fingerprint);
  print.one(ended, () => [`${ended.id} ${ended.state}`]);
  print.say("It signs nothing more; what it approved and has not run counts no more.");
  return EXIT.ok;
};
