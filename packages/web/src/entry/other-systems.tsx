import { useMutation, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../api/client.ts";
import { ErrorNotice } from "../kit/notice.tsx";
import { forgetProof, keepNext } from "./sso-memory.ts";

/** A button for each other system one can sign in with; nothing where there is none, or it cannot be known. */
export function OtherSystems({ next }: Readonly<{ next: string | undefined }>): ReactNode {
  const { data } = useQuery({
    queryKey: ["sso.providers"],
    queryFn: async () => await api.call("sso.providers", {}),
    retry: false,
  });
  const begin = useMutation({
    mutationFn: async (provider: string) => await api.call("sso.begin", { params: { provider }, body: {} }),
    onSuccess: ({ url }) => {
      forgetProof();
      keepNext(next);
      globalThis.location.assign(url);
    },
  });
  if (data === undefined || data.items.length === 0) return null;
  return (
    <section aria-label="Other ways to sign in">
      {data.items.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          className="button block"
          disabled={begin.isPending || begin.isSuccess}
          onClick={() => begin.mutate(id)}
        >
          Sign in with {name}
        </button>
      ))}
      {begin.error === null ? null : <ErrorNotice error={begin.error} />}
    </section>
  );
}
