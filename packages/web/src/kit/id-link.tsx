import { isId } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** A way to the thing an id names; an id without a screen of its own stays text. */
export function IdLink({ id, children }: Readonly<{ id: string; children: ReactNode }>): ReactNode {
  if (isId("incident", id)) {
    return (
      <Link to="/incidents/$id" params={{ id }}>
        {children}
      </Link>
    );
  }
  if (isId("observation", id)) {
    return (
      <Link to="/attackers/$id" params={{ id }}>
        {children}
      </Link>
    );
  }
  if (isId("identity", id)) {
    return (
      <Link to="/identities/$id" params={{ id }}>
        {children}
      </Link>
    );
  }
  if (isId("campaign", id)) {
    return (
      <Link to="/campaigns/$id" params={{ id }}>
        {children}
      </Link>
    );
  }
  const to = screenOf(id);
  if (to === undefined) return <span>{children}</span>;
  return <Link {...to}>{children}</Link>;
}

function screenOf(id: string) {
  if (isId("event", id)) return { to: "/events", search: { event: id } } as const;
  if (isId("detection", id)) return { to: "/detections", search: { detection: id } } as const;
  if (isId("action", id)) return { to: "/approvals", search: { action: id } } as const;
  if (isId("block", id)) return { to: "/blocks", search: { block: id } } as const;
  if (isId("sensor", id)) return { to: "/sensors", search: { sensor: id } } as const;
  if (isId("subject", id)) return { to: "/users", search: { user: id } } as const;
  return undefined;
}

const OWN_PAGES = ["incident", "observation", "identity", "campaign"] as const;

export const hasScreen = (id: string): boolean =>
  OWN_PAGES.some((noun) => isId(noun, id)) || screenOf(id) !== undefined;
