import { ok, type AuditDisclosure } from "@tyr/contract";
import type { PersonalValues, Privacy, Retention } from "#audit";
import type { Database } from "#platform/database";
import type { Handlers } from "./handler.ts";
import { retentionHandlers } from "./retention.ts";

export type PrivacyDeps = Readonly<{
  database: Pick<Database, "read" | "audited">;
  personal: PersonalValues;
  privacy: Privacy;
  retention: Retention;
}>;

export function privacyHandlers({
  database,
  personal,
  privacy,
  retention,
}: PrivacyDeps): Pick<Handlers, Extract<keyof Handlers, `privacy.${string}` | `retention.${string}`>> {
  return {
    ...retentionHandlers(retention),
    "privacy.disclose": async ({ body }, { caller, requestId }) => {
      const object = { kind: "audit-log", id: "entries" };
      const details = { reason: body.reason, entries: [...new Set(body.entries)] };
      const items = await database.audited(
        { type: "audit.disclosed", actor: caller.actor, requestId, object, after: "disclosed", details },
        async (tx) => await personal.disclose(tx, body.entries),
      );
      return ok({ items: items.map((one) => ({ ...one, entry: one.entry as AuditDisclosure["entry"] })) });
    },
    "privacy.preview": async ({ query }) => await privacy.preview(query.subject),
    "privacy.erase": async ({ body }, { caller, requestId }) =>
      await privacy.erase({ ...body, actor: caller.actor, requestId }),
    "privacy.hold": async ({ body }, { caller, requestId }) =>
      ok(await privacy.hold({ ...body, actor: caller.actor, requestId })),
    "privacy.release": async ({ params, body }, { caller, requestId }) =>
      await privacy.release({ id: params.id, reason: body.reason, actor: caller.actor, requestId }),
    "privacy.holds": async () => ok({ items: [...(await privacy.holds())] }),
  };
}
