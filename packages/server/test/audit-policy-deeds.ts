import { fileURLToPath } from "node:url";
import type { Action, PolicyFile } from "@tyr/contract";
import { readPolicyFolder } from "../src/pipeline/govern/policy/policy-folder.ts";
import type { Deeds } from "./audit-deeds.ts";
import { approveAs } from "./sign-decision.ts";
import type { Person, World } from "./audit-world.ts";

const SHIPPED = fileURLToPath(new URL("../../../policies", import.meta.url));

/** The shipped policies with a remark of its own: another bundle that decides the same. */
function remarked(remark: string): PolicyFile[] {
  return readPolicyFolder(SHIPPED).map(({ path, text }) => ({
    path,
    text: path === "permit.cedar" ? `// ${remark}\n${text}` : text,
  }));
}

async function until(by: Person, id: Action["id"], state: Action["state"]): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await by.client.call("action.get", { params: { id } })).state === state) return;
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
  throw new Error(`action ${id} never became ${state}`);
}

const asked = {
  object: { kind: "policy", id: "*" },
  besides: ["action.created", "action.dry_run", "action.submitted"],
} as const;

async function publishedBy(world: World, by: Person, remark: string): Promise<void> {
  const body = { files: remarked(remark), justification: "read together" };
  const action = await by.client.call("policy.publish", { body });
  await approveAs((await world.person("security_manager")).client, action);
  await until(by, action.id, "executed");
}

/** Asking for other policies: who changes what decides about everybody, and what it leaves behind. */
export const policyDeeds: Deeds = {
  "policy.publish": async (world) => ({
    ...asked,
    by: await world.admin(),
    input: { body: { files: remarked("One."), justification: "read together" } },
    did: "policy.stored",
    before: null,
    after: "stored",
    besides: ["policy.tried", ...asked.besides],
  }),
  "policy.rollback": async (world) => {
    const by = await world.admin();
    const { digest } = await by.client.call("policy.get", {});
    await publishedBy(world, by, "Two.");
    const inForce = await by.client.call("policy.get", {});
    return {
      ...asked,
      by,
      input: { body: { digest, justification: "not what was meant" } },
      did: "policy.tried",
      before: inForce.digest,
      after: null,
      besides: [...asked.besides],
    };
  },
};
