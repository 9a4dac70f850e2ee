import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { takeThatCameFromElsewhere } from "../entry/sso-memory.ts";
import { api } from "./client.ts";

/** @returns where another system ends its own session, for who came from there */
async function signOutThere(): Promise<string | null> {
  if (takeThatCameFromElsewhere()) return (await api.call("sso.logout", {})).url;
  await api.call("session.logout", {});
  return null;
}

/** Ends the session and leaves; whatever the server answered, nothing read with it stays in the page. */
export function useSignOut(): Readonly<{ signOut: () => void; busy: boolean }> {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { mutate, isPending } = useMutation({
    mutationFn: signOutThere,
    onSettled: async (url) => {
      if (typeof url === "string") globalThis.location.assign(url);
      await navigate({ to: "/login", search: {} });
      client.clear();
    },
  });
  return { signOut: () => mutate(), busy: isPending };
}
