import { ok, refuse, type AuditEntry } from "@tyr/contract";
import type { Audit, AuditReader } from "#audit";
import type { Call, Handlers } from "./handler.ts";

function readerOf({ caller, requestId }: Call): AuditReader {
  return { actor: caller.actor, requestId };
}

/** As long as readers may take to learn of a new key. */
const OVERLAP_DAYS = 30;

/** Whoever copies the log reads its first bundle once, in whatever width it has: that read is the one that is logged. */
const FIRST_BUNDLE = /^tile\/entries\/000(\.p\/\d+)?$/;

/** Puts personal values in their places, for those who may read them. */
export type RevealEntries = <E extends AuditEntry>(entries: readonly E[]) => Promise<E[]>;

export function auditHandlers({
  audit,
  reveal,
}: Readonly<{ audit: Audit; reveal: RevealEntries }>): Pick<Handlers, Extract<keyof Handlers, `audit.${string}`>> {
  return {
    "audit.list": async ({ query }, { caller }) => {
      const page = await audit.list(query);
      if (page === undefined) return refuse("VALIDATION_FAILED", "query/after is not a place in the log");
      return ok(caller.permissions.has("personal:read") ? { ...page, items: await reveal(page.items) } : page);
    },
    "audit.events": async ({ query }, { caller }) => {
      const page = await audit.search(query);
      if (page === undefined) return refuse("VALIDATION_FAILED", "query/after is not a place in the log");
      return ok(caller.permissions.has("personal:read") ? { ...page, items: await reveal(page.items) } : page);
    },
    "audit.metrics": async ({ query }) =>
      ok(await audit.measure(query.timeframe ?? "week", query.utcOffsetMinutes ?? 0)),
    "audit.head": async () => ok(await audit.head()),
    "audit.verify": async (_input, call) => ok(await audit.verify(readerOf(call))),
    "audit.log": async ({ params }, call) => {
      const path = params["*"];
      const file = await audit.file(path);
      if (file.ok && call.method !== "HEAD" && FIRST_BUNDLE.test(path)) await audit.recordExport(readerOf(call));
      return file;
    },
    "audit.rotateKey": async ({ body }, call) => {
      const { reason, overlapDays = OVERLAP_DAYS } = body;
      const changed = await audit.rotateKey({ ...readerOf(call), reason, overlapDays });
      if (!changed.ok) return changed;
      const { vkey, replaced, signsUntil } = changed.value;
      return ok({ vkey, replaced, signsUntil: signsUntil.toISOString() });
    },
    "audit.proof": async ({ params }) => await audit.prove(params.id),
  };
}
