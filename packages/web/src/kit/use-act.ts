import type { CallInput, OutputOf, RouteId } from "@tyr/contract";
import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { withProof } from "../api/proof.ts";
import { say } from "./toast.tsx";

type Said = Readonly<{ text: string; ref?: string }>;
export type ActOptions<K extends RouteId> = Readonly<{
  /** Which nouns are old afterwards. */
  stale: readonly string[];
  done: (output: OutputOf<K>) => Said;
  after?: (output: OutputOf<K>) => void;
}>;

/** Something a person does to the server. Nothing is shown as done before the server said so. */
export function useAct<K extends RouteId>(
  id: K,
  options: ActOptions<K>,
): UseMutationResult<OutputOf<K>, Error, CallInput<K>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (input: CallInput<K>) => await withProof(async () => await api.call(id, input)),
    onSuccess: (output) => {
      const said = options.done(output);
      say(said.text, said.ref);
      options.after?.(output);
    },
    // Refused or not, what is on screen may be old now.
    onSettled: async () =>
      await client.invalidateQueries({ predicate: (query) => options.stale.includes(String(query.queryKey[0])) }),
  });
}
