import { ApiProblem } from "@tyr/contract";
import { useEffect, useState, type ReactNode } from "react";
import { explain, explainedText } from "../api/problem.ts";
import { Hostile } from "../text/hostile.tsx";
import { CopyButton } from "./copy.tsx";
import { Icon, type IconName } from "./icon.tsx";

/** What failed, what it means, what to do, and its request id. */
export function ErrorNotice({ error, retry }: Readonly<{ error: unknown; retry?: () => void }>): ReactNode {
  const explained = explain(error);
  return (
    <div className="notice notice-error" role="alert">
      <Icon name="alert" />
      <div className="notice-body">
        <strong>{explained.title}</strong>
        <p>
          <Hostile text={explained.meaning} />
        </p>
        {explained.advice === "" ? null : <p className="muted">{explained.advice}</p>}
        <p className="notice-foot">
          <span className="mono">{explained.code}</span>
          {explained.requestId === undefined ? null : (
            <span>
              request <span className="mono">{explained.requestId}</span>
            </span>
          )}
          <CopyButton text={explainedText(explained)} what="the error" label="Copy" />
          {retry === undefined ? null : (
            <button type="button" className="button small" onClick={retry}>
              Try again
            </button>
          )}
        </p>
      </div>
    </div>
  );
}

type EmptyProps = Readonly<{ icon: IconName; title: string; children: ReactNode; action?: ReactNode }>;

/** What the page is for, why there is nothing, and the one next thing to do. */
export function Empty({ icon, title, children, action }: EmptyProps): ReactNode {
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** Grey lines in the shape of what comes, but only when it takes long enough to be missed (200 ms). */
export function Skeleton({ lines = 6 }: Readonly<{ lines?: number }>): ReactNode {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 200);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return <div className="skeleton-wait" />;
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="skeleton-line" />
      ))}
    </div>
  );
}

type Answer<T> = Readonly<{ data: T | undefined; error: unknown; refetch: () => unknown }>;
type LoadedProps<T> = Readonly<{
  query: Answer<T>;
  lines?: number;
  /** Instead of an error, where there is nothing of the name asked for. */
  gone?: ReactNode;
  /** Above an error, where the answer itself would bring the heading of the page. */
  heading?: ReactNode;
  children: (data: T) => ReactNode;
}>;

/** There is nothing of this name, or it cannot be a name of such a thing. */
const isGone = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.status === 404 || error.status === 400);

/** A question's answer, or its error, or the wait for it. Old data stays while new data is read. */
export function Loaded<T>({ query, lines, gone, heading, children }: LoadedProps<T>): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (gone !== undefined && isGone(query.error)) return gone;
  if (query.error !== null && query.error !== undefined) {
    return (
      <>
        {heading}
        <ErrorNotice error={query.error} retry={() => void query.refetch()} />
      </>
    );
  }
  return lines === undefined ? <Skeleton /> : <Skeleton lines={lines} />;
}
