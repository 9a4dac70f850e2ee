import { useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Zone } from "./format.ts";

/** The zone is part of the address, so that a shared link reads the same. Without it: this computer's zone. */
export function useZone(): Zone {
  return useSearch({ strict: false, select: (search) => search.tz }) ?? "local";
}

/** The present, renewed every `everyMs`: for ages. */
export function useNow(everyMs = 15_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
