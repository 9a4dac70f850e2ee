import { useQueryClient } from "@tanstack/react-query";
import type { LiveTopic } from "@tyr/contract";
import { useEffect, useSyncExternalStore } from "react";
import { signedOut } from "../api/queries.ts";
import { createLiveConnection } from "./connection.ts";
import type { LiveState } from "./resume.ts";

export const live = createLiveConnection(globalThis.location.origin, () => signedOut.act());

/** Which cached answers a topic makes old. The feed carries no truth: it only says where to look again. */
const STALE: Readonly<Record<LiveTopic, readonly string[]>> = {
  "event.stored": ["overview", "event", "sensor"],
  "detection.recorded": ["overview", "detection"],
  "rule.changed": ["rule"],
  "incident.changed": ["overview", "incident"],
  "action.changed": ["overview", "action", "incident", "block", "mode", "policy", "breakGlass"],
  "block.changed": ["overview", "block", "action"],
  "sensor.changed": ["sensor", "quarantine"],
  "mode.changed": ["overview", "mode", "action"],
  "settings.changed": ["settings", "mode"],
  "import.progress": ["overview"],
};
/** Events come in floods: lists of them are read again only when asked, and the rest at most this often. */
const REFRESH_MS = 2000;

export function useLive(): LiveState {
  return useSyncExternalStore(live.subscribe, live.read);
}

/** Runs the feed while somebody is signed in and keeps the cached answers fresh from it. */
export function useLiveRefresh(): void {
  const client = useQueryClient();
  useEffect(() => {
    live.start();
    let seen = live.read();
    let due: ReturnType<typeof setTimeout> | undefined;
    let stale = new Set<string>();
    const refresh = (): void => {
      due = undefined;
      const nouns = stale;
      stale = new Set();
      void client.invalidateQueries({ predicate: (query) => nouns.has("*") || nouns.has(String(query.queryKey[0])) });
    };
    const unsubscribe = live.subscribe(() => {
      const now = live.read();
      if (now.losses !== seen.losses) stale.add("*");
      for (const entry of [...now.held, ...now.shown]) {
        if (entry.seq > seen.seq || now.boot !== seen.boot) for (const noun of STALE[entry.topic]) stale.add(noun);
      }
      stale.delete("event");
      seen = now;
      if (stale.size > 0) due ??= setTimeout(refresh, REFRESH_MS);
    });
    return () => {
      unsubscribe();
      if (due !== undefined) clearTimeout(due);
      live.stop();
    };
  }, [client]);
}
