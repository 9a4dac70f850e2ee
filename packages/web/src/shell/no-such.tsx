import type { ReactNode } from "react";
import { Hostile } from "../text/hostile.tsx";
import { PageHead } from "./page-head.tsx";

type NoSuchProps = Readonly<{ what: string; id: string; why: string; children: ReactNode }>;

/** The address names something that is not here: which, why that may be, and the way on. */
export function NoSuch({ what, id, why, children }: NoSuchProps): ReactNode {
  return (
    <>
      <PageHead title={`There is no such ${what}`} />
      <p>
        <Hostile text={id} limit={80} mono /> {why}
      </p>
      <p>{children}</p>
    </>
  );
}
