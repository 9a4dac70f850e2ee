import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { proveThere } from "../entry/go-there.ts";
import { ErrorNotice } from "../kit/notice.tsx";

/** For whoever signs in through another system, and may have no password here: a button for each one that knows them. */
export function ProveThere(): ReactNode {
  const links = useQuery(ask("sso.ownLinks", {}));
  const providers = useQuery(ask("sso.providers", {}));
  const go = useMutation({ mutationFn: proveThere });
  const known = new Set(links.data?.items.map((link) => link.provider));
  const offered = providers.data?.items.filter(({ id }) => known.has(id)) ?? [];
  if (offered.length === 0) return null;
  return (
    <section aria-label="Prove it at another system">
      {offered.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          className="button block"
          disabled={go.isPending || go.isSuccess}
          onClick={() => go.mutate(id)}
        >
          Prove it with {name}
        </button>
      ))}
      <p className="muted small">You leave this page and come back to it; then do again what you were about to do.</p>
      {go.error === null ? null : <ErrorNotice error={go.error} />}
    </section>
  );
}
