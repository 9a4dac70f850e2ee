import {
  ok,
  refuse,
  type PolicyVersion,
  type PolicyVersionDetail,
  type PolicyVersionList,
  type PolicyView,
  type Result,
} from "@tyr/contract";
import {
  findBundle,
  latestActivation,
  listActivations,
  listBundles,
  type ActivationRow,
  type BundleHead,
} from "../policy-store.ts";
import { SYSTEM, type Room } from "../room.ts";

export async function viewInForce(room: Room): Promise<PolicyView> {
  const { bundle } = await room.policies.inForce(room.db.read);
  const last = await latestActivation(room.db.read);
  return {
    digest: bundle.digest,
    activatedAt: (last?.activated_at ?? new Date(0)).toISOString(),
    policies: [...bundle.policies.values()].map(({ id, effect, reason, text, annotations }) => ({
      id,
      effect,
      reason,
      text,
      annotations,
    })),
  };
}

type Standing = Readonly<{ activations: readonly ActivationRow[]; inForce: string | undefined }>;

function viewHead(row: BundleHead, { activations, inForce }: Standing): PolicyVersion {
  return {
    digest: row.digest,
    origin: row.origin,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    policies: row.policies,
    inForce: row.digest === inForce,
    activations: activations
      .filter(({ digest }) => digest === row.digest)
      .map((one) => ({
        at: one.activated_at.toISOString(),
        by: one.actor ?? SYSTEM.actor,
        actionId: one.action_id,
      })),
  };
}

export async function listVersions({ db: { read }, policies }: Room): Promise<PolicyVersionList> {
  const rows = await listBundles(read);
  const inForce = (await latestActivation(read))?.digest;
  const activations = await listActivations(
    read,
    rows.map(({ digest }) => digest),
  );
  return {
    items: rows.map((row) => viewHead(row, { activations, inForce })),
    folder: { digest: policies.folder, inForce: policies.folder !== null && policies.folder === inForce },
  };
}

export async function viewVersion({ db: { read } }: Room, digest: string): Promise<Result<PolicyVersionDetail>> {
  const row = await findBundle(read, digest);
  if (row === undefined) return refuse("NOT_FOUND", `no bundle ${digest} is stored`);
  const inForce = (await latestActivation(read))?.digest;
  const activations = await listActivations(read, [digest]);
  const { manifest, signature, files } = row;
  return ok({
    ...viewHead(row, { activations, inForce }),
    manifest: Object.fromEntries(Object.entries(manifest)),
    signature,
    files: [...files],
  });
}
