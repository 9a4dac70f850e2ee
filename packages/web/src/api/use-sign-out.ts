import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api } from "./client.ts";

/** Ends the session and leaves; whatever the server answered, nothing read with it stays in the page. */
export function useSignOut(): Readonly<{ signOut: () => void; busy: boolean }> {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { mutate, isPending } = useMutation({
    mutationFn: async () => await api.call("session.logout", {}),
    onSettled: async () => {
      await navigate({ to: "/login", search: {} });
      client.clear();
    },
  });
  return { signOut: () => mutate(), busy: isPending };
}
