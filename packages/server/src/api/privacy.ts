import { ok, type AuditDisclosure } from "@tyr/contract";
import type { PersonalValues } from "#audit";
import type { Database } from "#platform/database";
import type { Handlers } from "./handler.ts";

export type PrivacyDeps = Readonly<{ database: Pick<Database, "read" | "audited">; personal: PersonalValues }>;

export function privacyHandlers({
  database,
  personal,
}: PrivacyDeps): Pick<Handlers, Extract<keyof Handlers, `privacy.${string}`>> {
  return {
    "privacy.disclose": async ({ body }, { caller, requestId }) => {
      const object = { kind: "audit-log", id: "entries" };
      const details = { reason: body.reason, entries: [...new Set(body.entries)] };
      const items = await database.audited(
        { type: "audit.disclosed", actor: caller.actor, requestId, object, details },
        async (tx) => await personal.disclose(tx, body.entries),
      );
      return ok({ items: items.map((one) => ({ ...one, entry: one.entry as AuditDisclosure["entry"] })) });
    },
  };
}
