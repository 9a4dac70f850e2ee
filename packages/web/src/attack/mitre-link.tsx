import type { ReactNode } from "react";

/** A bundle somebody loaded may say any address: only MITRE's own becomes a link, the rest stays text. */
export function MitreLink({ url, children }: Readonly<{ url: string | null; children: ReactNode }>): ReactNode {
  if (url?.startsWith("https://attack.mitre.org/") !== true) return <span>{children}</span>;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {children}
      <span className="sr-only"> (opens a new window)</span>
    </a>
  );
}
