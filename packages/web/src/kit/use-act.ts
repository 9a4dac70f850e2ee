import type { CallInput, OutputOf, RouteId } from "@tyr/contract";
import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { withProof } from "../api/proof.ts";
import { say } from "./toast.tsx";

type Said = Readonly<{ text: string; ref?: string }>;
type Told<T> = Readonly<{
  /** Which nouns are old afterwards. */
  stale: readonly string[];
  done: (output: T) => Said;
  after?: (output: T) => void;
}>;
export type ActOptions<K extends RouteId> = Told<OutputOf<K>>;

/** Something a person does to the server. Nothing is shown as done before the server said so. */
export function useAct<K extends RouteId>(
  id: K,
  options: ActOptions<K>,
): UseMutationResult<OutputOf<K>, Error, CallInput<K>> {
  return useDeed<OutputOf<K>, CallInput<K>>(
    async (input) => await withProof(async () => await api.call(id, input)),
    options,
  );
}

/** The same, for what takes more than one question to the server. */
export function useDeed<T, Input>(
  work: (input: Input) => Promise<T>,
  options: Told<T>,
): UseMutationResult<T, Error, Input> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: work,
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
