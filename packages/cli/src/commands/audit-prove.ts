import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Id } from "@tyr/contract";
import type { Api } from "../api.ts";
import { checkProof, printProofReport } from "../audit/check-proof.ts";
import { readTrustedKeys } from "../audit/trusted-keys.ts";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, systemCode, usage } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

const ENTRY_ID = /^aud_[0-9a-f-]{36}$/;
/** A new entry is in a checkpoint within two seconds; a server that signs nothing any more says so after these tries. */
const TRIES = 5;

function isTooNew(error: unknown): error is CliFailure {
  return error instanceof CliFailure && error.parts.problemCode === "NOT_READY";
}

async function fetchProof({ print, world }: Context, api: Api, id: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const text: unknown = await api.call("audit.proof", { params: { id: id as Id<"auditEntry"> } });
      return typeof text === "string" ? text : new TextDecoder().decode(text as Uint8Array);
    } catch (error) {
      if (!isTooNew(error) || attempt === TRIES) throw error;
      print.progress("the entry is not in a checkpoint yet");
      await delay((error.parts.retryAfterSeconds ?? 2) * 1000, undefined, { signal: world.signal });
    }
  }
}

async function writeProof(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw usage(`${visible(file)} exists already`, "Name another file.");
    throw error;
  }
}

/** Writes the proof of one entry, and says whether it verifies: a proof that does not is evidence and kept too. */
export const prove: Run = async (context, input) => {
  const { print } = context;
  const id = input.value(0, "the entry");
  if (!ENTRY_ID.test(id)) throw usage(`${visible(id)} is no entry`, "Take the id of tyr audit search --json=id.");
  const file = input.values[1] ?? `${id}.tlog-proof`;
  const api = await context.api();
  const text = await fetchProof(context, api, id);
  print.endProgress();
  if (file === "-") {
    print.verbatim(text);
    return EXIT.ok;
  }
  await writeProof(file, text);
  const given = input.text("vkey");
  const trustedKeys = given === undefined ? [(await api.call("audit.head", {})).vkey] : await readTrustedKeys(given);
  if (given === undefined)
    print.warn("the key comes from the same server: this shows that the proof is whole, not whose it is; give --vkey");
  print.say(`Wrote ${visible(file)}. Anybody with the log's key verifies it with tyr audit verify, offline.`);
  return printProofReport(context, await checkProof({ text, trustedKeys, policy: undefined, entry: undefined }));
};
