import { useEffect, type ReactNode } from "react";
import { Hostile } from "../text/hostile.tsx";
import { visibleText } from "../text/visible-text.ts";

type PageHeadProps = Readonly<{ title: string; about?: ReactNode; children?: ReactNode }>;

/** The first line of a screen: its name (also the window's), one sentence, and its main buttons. */
export function PageHead({ title, about, children }: PageHeadProps): ReactNode {
  useEffect(() => {
    document.title = `${visibleText(title, 120)} · Tyr`;
  }, [title]);
  return (
    <div className="page-head">
      <div>
        <h1>
          <Hostile text={title} limit={240} />
        </h1>
        {about === undefined ? null : <p className="muted">{about}</p>}
      </div>
      {children === undefined ? null : <div className="page-actions">{children}</div>}
    </div>
  );
}
