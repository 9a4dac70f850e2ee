import type { PolicyFile } from "@tyr/contract";
import { useCallback, useState } from "react";
import { useSession } from "../api/session.ts";

/** Somebody's bundle in the making, and of which bundle it is a copy. */
export type Draft = Readonly<{ from: string; files: readonly PolicyFile[] }>;
type Kept = Readonly<{ draft: Draft | undefined; keep: (draft: Draft | undefined) => void }>;

const keyOf = (userId: string): string => `tyr.policy-draft.${userId}`;

function isFile(value: unknown): value is PolicyFile {
  if (typeof value !== "object" || value === null) return false;
  return "path" in value && typeof value.path === "string" && "text" in value && typeof value.text === "string";
}

/** What storage gives back is read as what anybody may have put there. */
export function readDraft(stored: string | null): Draft | undefined {
  try {
    const value: unknown = JSON.parse(stored ?? "null");
    if (typeof value !== "object" || value === null || !("from" in value) || !("files" in value)) return undefined;
    const { from, files } = value;
    if (typeof from !== "string" || !Array.isArray(files)) return undefined;
    const read = files.filter(isFile).map(({ path, text }) => ({ path, text }));
    return read.length === files.length && read.length > 0 ? { from, files: read } : undefined;
  } catch {
    return undefined;
  }
}

function stored(key: string): string | null {
  try {
    return globalThis.sessionStorage.getItem(key);
  } catch {
    // Storage may be blocked; then a draft lasts as long as its page.
    return null;
  }
}

function store(key: string, draft: Draft | undefined): void {
  try {
    if (draft === undefined) globalThis.sessionStorage.removeItem(key);
    else globalThis.sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // As above, or it is full.
  }
}

/** The draft of whoever is signed in, kept in this tab with each change: leaving the page loses nothing. */
export function useDraft(): Kept {
  const { user } = useSession();
  const key = keyOf(user.id);
  const [draft, setDraft] = useState(() => readDraft(stored(key)));
  const keep = useCallback(
    (next: Draft | undefined) => {
      store(key, next);
      setDraft(next);
    },
    [key],
  );
  return { draft, keep };
}
