import { stat } from "node:fs/promises";
import path from "node:path";
import type * as Server from "@tyr/server";
import type { PolicyChoice, PolicyFile } from "@tyr/contract";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure, systemCode, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { visible } from "../output/visible-text.ts";

type PolicyParts = Pick<typeof Server, "checkPolicyFolder" | "readPolicyFolder">;

/** Loads the server's code, which takes about a second; no server runs. */
export async function policyParts(): Promise<PolicyParts> {
  return await import("@tyr/server");
}

const DIGEST = /^[0-9a-f]{64}$/;

/** The folder given, else `policies/` here, else those that came with this installation. */
export async function folderOf({ world }: Context, given: string | undefined): Promise<string> {
  const candidates =
    given === undefined
      ? [world.env["TYR_POLICIES_DIR"], "policies", path.join(world.installation, "policies")]
      : [given];
  for (const candidate of candidates) {
    if (candidate === undefined || candidate === "") continue;
    try {
      if ((await stat(candidate)).isDirectory()) return candidate;
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
  throw usage(
    `${visible(given ?? "policies")} is no folder`,
    "Name a folder with schema.cedarschema, *.cedar and tests/*.yml.",
  );
}

/** What a folder holds that cannot even be read as a bundle is a failed check, with its file and reason. */
export function failedCheck(error: unknown): never {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "POLICY_BUNDLE_INVALID") throw error;
  throw new CliFailure(visible(error.message), { exit: EXIT.checkFailed, cause: error });
}

async function filesIn(folder: string): Promise<PolicyFile[]> {
  const { readPolicyFolder } = await policyParts();
  try {
    return readPolicyFolder(path.resolve(folder));
  } catch (error) {
    return failedCheck(error);
  }
}

export async function folderFiles(context: Context, input: Input): Promise<PolicyFile[]> {
  return await filesIn(await folderOf(context, input.values[0]));
}

/** A stored bundle by its digest, or a folder. */
export async function choiceOf(context: Context, given: string | undefined): Promise<PolicyChoice> {
  if (given !== undefined && DIGEST.test(given)) return { digest: given };
  return { files: await filesIn(await folderOf(context, given)) };
}

export function digestOf(given: string): string {
  if (!DIGEST.test(given)) throw usage(`${visible(given)} is no digest`, "tyr policy versions lists them.");
  return given;
}
