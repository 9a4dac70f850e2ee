import type { Action } from "@tyr/contract";
import { useEffect, useRef, useState } from "react";
import { useAct } from "../kit/use-act.ts";
import { useNow } from "../time/use-zone.ts";
import { STALE } from "./stale.ts";

/** As the server counts it: older than this, a dry run says too little about the target as it is now. */
const DRY_RUN_AGE_MAX_MS = 15 * 60_000;

type Fresh = Readonly<{ busy: boolean; changed: boolean; error: unknown }>;
type FreshOptions = Readonly<{ action: Action; wanted: boolean; onFresh: (action: Action) => void }>;

/** Whether it is too old, by the clock here. */
function isOld({ dryRun }: Pick<Action, "dryRun">, nowMs: number): boolean {
  return dryRun !== null && nowMs - Date.parse(dryRun.at) > DRY_RUN_AGE_MAX_MS;
}

/** Runs an old dry run again, once, where this person may; else the server looks again when it runs. */
export function useFreshDryRun({ action, wanted, onFresh }: FreshOptions): Fresh {
  const [changed, setChanged] = useState(false);
  const begun = useRef(false);
  const again = useAct("action.dryRun", {
    stale: STALE,
    done: ({ id }) => ({ text: "The dry run ran again", ref: id }),
    after: (fresh) => {
      setChanged(fresh.dryRun?.digest !== action.dryRun?.digest);
      onFresh(fresh);
    },
  });
  const now = useNow();
  const { id } = action;
  const due = wanted && action.legalMoves.includes("dryRun") && isOld(action, now);
  useEffect(() => {
    if (!due || begun.current) return;
    begun.current = true;
    again.mutate({ params: { id } });
  }, [again, due, id]);
  return { busy: again.isPending, changed, error: again.error };
}
