import type { ReactNode } from "react";
import { useEffect } from "react";
import { Mark } from "../kit/icon.tsx";

type FrameProps = Readonly<{ title: string; aside?: ReactNode; children: ReactNode }>;

/** The page around set-up and login: the mark, one card, nothing else to press. */
export function EntryFrame({ title, aside, children }: FrameProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Tyr`;
  }, [title]);
  return (
    <div className="entry">
      <main className="entry-card">
        <p className="entry-brand">
          <Mark size={36} />
          <span>Tyr</span>
        </p>
        <h1>{title}</h1>
        {children}
      </main>
      {aside === undefined ? null : (
        <aside className="entry-aside" aria-label="About this step">
          {aside}
        </aside>
      )}
    </div>
  );
}
