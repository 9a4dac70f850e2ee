import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { sessionQuery } from "../api/queries.ts";
import { ErrorNotice } from "../kit/notice.tsx";
import { EntryFrame } from "./frame.tsx";
import { nextAddress } from "./next-address.ts";
import { keepThatCameFromElsewhere, takeNext } from "./sso-memory.ts";

const route = getRouteApi("/sso/$provider");

/** Where another system sends the browser back to. What it sent goes to the server once, and out of the address at once. */
export function SsoPage(): ReactNode {
  const { provider } = route.useParams();
  const client = useQueryClient();
  const router = useRouter();
  const isSent = useRef(false);
  const { mutate, error } = useMutation({
    mutationFn: async (query: string) => await api.call("sso.finish", { params: { provider }, body: { query } }),
    onSuccess: (session) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      keepThatCameFromElsewhere();
      router.history.replace(nextAddress(takeNext()));
    },
  });
  useEffect(() => {
    if (isSent.current) return;
    isSent.current = true;
    const query = globalThis.location.search.slice(1);
    globalThis.history.replaceState(globalThis.history.state, "", globalThis.location.pathname);
    mutate(query === "" ? "error=nothing" : query);
  }, [mutate]);
  return (
    <EntryFrame title="Sign in">
      {error === null ? (
        <p className="muted">Signing in…</p>
      ) : (
        <>
          <ErrorNotice error={error} />
          <Link to="/login" search={{}} className="button block">
            Back to sign-in
          </Link>
        </>
      )}
    </EntryFrame>
  );
}
