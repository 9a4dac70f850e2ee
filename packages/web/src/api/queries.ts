import {
  ApiProblem,
  type ActionId,
  type BlockId,
  type CallInput,
  type DetectionId,
  type EventId,
  type IncidentId,
  type RouteId,
  type OutputOf,
} from "@tyr/contract";
import { infiniteQueryOptions, QueryCache, QueryClient, queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";

/** Refusals are answers: asking again gives the same one. Only silence and a starting server are worth a retry. */
function shouldRetry(failures: number, error: unknown): boolean {
  if (error instanceof ApiProblem && error.status < 500 && error.status !== 429) return false;
  return failures < 2;
}

/** Somebody's session ended while they were at work; main.tsx says what happens. */
export const signedOut: { act: () => void } = { act: () => undefined };

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (error instanceof ApiProblem && error.status === 401 && query.queryKey[0] !== "session") signedOut.act();
    },
  }),
  defaultOptions: { queries: { staleTime: 5000, retry: shouldRetry, refetchOnWindowFocus: true } },
});

/** One question. The key starts with the noun, which is what the live feed invalidates by. */
export function ask<K extends RouteId>(id: K, input: CallInput<K>) {
  const noun = id.slice(0, id.indexOf("."));
  return queryOptions<OutputOf<K>>({
    queryKey: [noun, id, input],
    queryFn: async ({ signal }) => await api.call(id, input, { signal }),
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys whose value is undefined: what the contract calls an absent query parameter. */
export function defined<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>;
}

type Page = Readonly<{ items: readonly unknown[]; next: string | null }>;
export type PagedRoute = { [K in RouteId]: OutputOf<K> extends Page ? K : never }[RouteId];

/** A list read page by page, with the server's own cursor. */
export function askPages<K extends PagedRoute>(id: K, input: CallInput<K>) {
  const noun = id.slice(0, id.indexOf("."));
  const query = "query" in input ? (input.query as Record<string, unknown>) : {};
  return infiniteQueryOptions({
    queryKey: [noun, id, input, "pages"],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ signal, pageParam }): Promise<OutputOf<K> & Page> => {
      const paged = { ...input, query: { ...query, after: pageParam } } as CallInput<K>;
      return (await api.call(id, paged, { signal })) as OutputOf<K> & Page;
    },
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

export const sessionQuery = queryOptions({
  queryKey: ["session", "session.get"],
  queryFn: async ({ signal }) => await api.call("session.get", {}, { signal }),
  staleTime: 60_000,
});
export const overviewQuery = ask("overview.get", {});
export const modeQuery = ask("mode.get", {});
export const statusQuery = ask("status.get", {});
export const sensorsQuery = ask("sensor.list", {});
export const enforcersQuery = ask("enforcer.list", {});
export const policyQuery = ask("policy.get", {});
export const auditHeadQuery = ask("audit.head", {});
export const waitingQuery = ask("action.list", { query: { waiting: true, limit: 200 } });
export const eventQuery = (id: EventId) => ask("event.get", { params: { id } });
export const detectionQuery = (id: DetectionId) => ask("detection.get", { params: { id } });
export const incidentQuery = (id: IncidentId) => ask("incident.get", { params: { id } });
export const actionQuery = (id: ActionId) => ask("action.get", { params: { id } });
export const blockQuery = (id: BlockId) => ask("block.get", { params: { id } });
