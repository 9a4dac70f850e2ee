/** `2026-02-01T14:17:31.627Z` → `2026-02-01 14:17:31Z`; what is no instant stays as it is. */
export function showInstant(instant: string | null | undefined): string | null {
  if (instant === null || instant === undefined) return null;
  const time = Date.parse(instant);
  return Number.isNaN(time) ? instant : `${new Date(time).toISOString().slice(0, 19).replace("T", " ")}Z`;
}
