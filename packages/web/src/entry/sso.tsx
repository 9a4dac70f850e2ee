import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { sessionQuery } from "../api/queries.ts";
import { ErrorNotice } from "../kit/notice.tsx";
import { EntryFrame } from "./frame.tsx";
import { nextAddress } from "./next-address.ts";
import { say } from "../kit/toast.tsx";
import { keepThatCameFromElsewhere, takeNext, takeThatItProves } from "./sso-memory.ts";

const route = getRouteApi("/sso/$provider");

type Back = Readonly<{ query: string; proves: boolean }>;

/** Where another system sends the browser back to. What it sent goes to the server once, and out of the address at once. */
export function SsoPage(): ReactNode {
  const { provider } = route.useParams();
  const client = useQueryClient();
  const router = useRouter();
  const isSent = useRef(false);
  const { mutate, error, variables } = useMutation({
    mutationFn: async ({ query, proves: isProof }: Back) =>
      await api.call(isProof ? "sso.finishProof" : "sso.finish", { params: { provider }, body: { query } }),
    onSuccess: (session, back) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      if (back.proves) say("It is you: what you were about to do can be done for five minutes");
      else keepThatCameFromElsewhere();
      router.history.replace(nextAddress(takeNext()));
    },
  });
  const proves = variables?.proves ?? false;
  useEffect(() => {
    if (isSent.current) return;
    isSent.current = true;
    const query = globalThis.location.search.slice(1);
    globalThis.history.replaceState(globalThis.history.state, "", globalThis.location.pathname);
    mutate({ query: query === "" ? "error=nothing" : query, proves: takeThatItProves() });
  }, [mutate]);
  return (
    <EntryFrame title={proves ? "Prove that it is you" : "Sign in"}>
      {error === null ? (
        <p className="muted">One moment…</p>
      ) : (
        <>
          <ErrorNotice error={error} />
          {proves ? (
            <Link to="/account" className="button block">
              Back to your account
            </Link>
          ) : (
            <Link to="/login" search={{}} className="button block">
              Back to sign-in
            </Link>
          )}
        </>
      )}
    </EntryFrame>
  );
}
