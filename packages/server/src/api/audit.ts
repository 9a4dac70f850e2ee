import { ok, refuse, type AuditEntry } from "@tyr/contract";
import type { Audit, AuditReader } from "#audit";
import type { Clock } from "#platform/clock";
import type { Call, Handlers } from "./handler.ts";
import { onceAnHour } from "./once-an-hour.ts";

function readerOf({ caller, requestId }: Call): AuditReader {
  return { actor: caller.actor, requestId };
}

/** As long as readers may take to learn of a new key. */
const OVERLAP_DAYS = 30;

const BUNDLE = /^tile\/entries\//;

/** Puts personal values in their places, for those who may read them. */
type RevealEntries = <E extends AuditEntry>(entries: readonly E[]) => Promise<E[]>;

type AuditApi = Readonly<{ audit: Audit; reveal: RevealEntries; clock: Clock }>;

export function auditHandlers({
  audit,
  reveal,
  clock,
}: AuditApi): Pick<Handlers, Extract<keyof Handlers, `audit.${string}`>> {
  const note = onceAnHour(clock);
  /** What is shown is logged before it is shown. */
  const shownTo = async <E extends AuditEntry>(entries: E[], call: Call): Promise<E[]> => {
    const { actor, permissions } = call.caller;
    if (!permissions.has("personal:read") || entries.every((one) => one.personal === undefined)) return entries;
    await note(`revealed ${actor.id}`, async () => await audit.recordReading("audit.revealed", readerOf(call)));
    return await reveal(entries);
  };
  return {
    "audit.list": async ({ query }, call) => {
      const page = await audit.list(query);
      if (page === undefined) return refuse("VALIDATION_FAILED", "query/after is not a place in the log");
      return ok({ ...page, items: await shownTo(page.items, call) });
    },
    "audit.events": async ({ query }, call) => {
      const page = await audit.search(query);
      if (page === undefined) return refuse("VALIDATION_FAILED", "query/after is not a place in the log");
      return ok({ ...page, items: await shownTo(page.items, call) });
    },
    "audit.metrics": async ({ query }) =>
      ok(await audit.measure(query.timeframe ?? "week", query.utcOffsetMinutes ?? 0)),
    "audit.head": async () => {
      const cosigning = await audit.cosigning();
      return ok({ ...(await audit.head()), ...(cosigning === undefined ? {} : { cosigning }) });
    },
    "audit.verify": async (_input, call) => ok(await audit.verify(readerOf(call))),
    "audit.log": async ({ params }, call) => {
      const path = params["*"];
      const file = await audit.file(path);
      if (file.ok && call.method !== "HEAD" && BUNDLE.test(path))
        await note(
          `exported ${call.caller.actor.id}`,
          async () => await audit.recordReading("audit.exported", readerOf(call)),
        );
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
