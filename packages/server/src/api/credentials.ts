import { isId, ok, refuse, type InputOf, type OutputOf, type Result } from "@tyr/contract";
import { findAttacker } from "#actors";
import { canonicalAddress, observationIdOf } from "#collect";
import { listCredentials, type StoredCredential } from "#detect";
import type { Database, ReadDatabase } from "#platform/database";
import type { Handlers } from "./handler.ts";
import { answerOf, beforeOf } from "./page-position.ts";

export type CredentialDeps = Readonly<{ database: Pick<Database, "read"> }>;
type Item = OutputOf<"credential.list">["items"][number];

export function credentialHandlers({ database: { read } }: CredentialDeps): Pick<Handlers, "credential.list"> {
  return {
    "credential.list": async ({ query }) => {
      const { attacker, after, limit = 50, ...filter } = query;
      const before = beforeOf(after);
      if (!before.ok) return before;
      const src = await addressOf(read, attacker);
      if (!src.ok) return src;
      if (src.value === null) return ok({ items: [], next: null });
      const page = { before: before.value, limit };
      return ok(answerOf(await listCredentials(read, { filter: { ...filter, src: src.value }, ...page }), toItem));
    },
  };
}

type Asked = InputOf<"credential.list">["query"]["attacker"];

/** The address that was asked for, however it was named; null for an attacker nobody has seen. */
async function addressOf(read: ReadDatabase, attacker: Asked): Promise<Result<string | null | undefined>> {
  if (attacker === undefined) return ok(undefined);
  const address = canonicalAddress(attacker);
  if (address !== undefined) return ok(address);
  if (!isId("observation", attacker))
    return refuse("VALIDATION_FAILED", "query/attacker must be an address or the id of an attacker (atk_…)");
  const found = await findAttacker(read, { id: attacker });
  return ok(found?.summary.address ?? null);
}

function toItem(one: StoredCredential): Item {
  const address = canonicalAddress(one.src) ?? one.src;
  return {
    address,
    attackerId: observationIdOf(address),
    sensorId: one.sensorId,
    service: one.service,
    principal: one.principal,
    secretKind: one.secretKind,
    secretHash: one.secretHash,
    common: one.common,
    attemptCount: one.attempts,
    outcome: one.outcome,
    firstSeenAt: one.firstSeenAt.toISOString(),
    lastSeenAt: one.lastSeenAt.toISOString(),
    targetCount: one.targets,
    sourceCount: one.sources,
  };
}
