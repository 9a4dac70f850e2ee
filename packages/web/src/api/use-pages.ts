import type { CallInput, OutputOf } from "@tyr/contract";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { askPages, type PagedRoute } from "./queries.ts";

type ItemOf<K extends PagedRoute> = OutputOf<K> extends { items: (infer T)[] } ? T : never;
export type Pages<T> = Readonly<{
  /** Undefined until the first page was read. */
  rows: readonly T[] | undefined;
  error: unknown;
  readAt: number;
  more: boolean;
  next: () => void;
  refetch: () => void;
}>;

/** A list of any length, read as one scrolls. Old rows stay while other filters are being answered. */
export function usePages<K extends PagedRoute>(id: K, input: CallInput<K>): Pages<ItemOf<K>> {
  const query = useInfiniteQuery({ ...askPages(id, input), placeholderData: keepPreviousData });
  const { data, error, dataUpdatedAt, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = query;
  const rows = useMemo(
    () => data?.pages.flatMap((page): readonly ItemOf<K>[] => page.items as readonly ItemOf<K>[]),
    [data],
  );
  const next = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  return { rows, error, readAt: dataUpdatedAt, more: hasNextPage, next, refetch: () => void refetch() };
}
