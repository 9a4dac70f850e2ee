import { Fragment, type ReactNode } from "react";
import { describeInstant, formatAge, formatInstant, formatShort } from "./format.ts";
import { useNow, useZone } from "./use-zone.ts";

type TimeProps = Readonly<{ at: string | null; show?: "full" | "short" | "age"; never?: string }>;

/** An instant in the reader's zone; the exact UTC is on hover. Null reads as `never` when given, else as unknown. */
export function Time({ at, show = "full", never }: TimeProps): ReactNode {
  const zone = useZone();
  const now = useNow();
  if (at === null) return <span className="unknown">{never ?? "unknown"}</span>;
  const text = show === "age" ? formatAge(at, now) : show === "short" ? formatShort(at, zone) : formatInstant(at, zone);
  return (
    <time dateTime={at} title={describeInstant(at, now)} className="time">
      {withSeparators(text)}
    </time>
  );
}

/** Digits are tabular so that columns align; the hyphens between them would become as wide, so they are set apart. */
function withSeparators(text: string): ReactNode {
  const parts = text.split("-");
  if (parts.length === 1) return text;
  return parts.map((part, index) => (
    // Parts of one time never change places.
    // oxlint-disable-next-line react/no-array-index-key
    <Fragment key={index}>
      {index === 0 ? null : <span className="time-sep">-</span>}
      {part}
    </Fragment>
  ));
}
