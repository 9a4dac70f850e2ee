import { durationLabel } from "../kit/field.tsx";

/** `for 1 day`, or `until it is changed`. */
export function lastingLabel(ttlSeconds: number | null): string {
  return ttlSeconds === null ? "until it is changed" : `for ${durationLabel(ttlSeconds)}`;
}
