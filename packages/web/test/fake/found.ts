import { Refused } from "./refused.ts";

/** As it comes from the address: text, whatever the contract reads it as. */
type PageQuery = { after?: string | undefined; limit?: string | number | undefined };

/** Pages by position; `next` is the position of the first row which was not sent. */
export function pageOf<T>(rows: readonly T[], query: PageQuery | undefined): { items: T[]; next: string | null } {
  const from = Number(query?.after ?? 0);
  const to = from + Number(query?.limit ?? 50);
  return { items: rows.slice(from, to), next: to < rows.length ? String(to) : null };
}

/** A filter that is absent lets everything through. */
export const fits = (asked: unknown, value: unknown): boolean => asked === undefined || asked === value;

/** @throws {Refused} there is nothing of this id */
export function found<T>(row: T | undefined): T {
  if (row === undefined) throw new Refused("NOT_FOUND", "there is nothing of this id");
  return row;
}
