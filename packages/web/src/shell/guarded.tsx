import { PERMISSIONS, type Permission } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { rolesWith, roleTitle, useCan, useSession } from "../api/session.ts";
import { Icon } from "../kit/icon.tsx";
import { PageHead } from "./page-head.tsx";

type GuardedProps = Readonly<{ needs: Permission; children: ReactNode }>;

/** A screen for those who may see it; for the others, what is missing and who can give it. */
export function Guarded({ needs, children }: GuardedProps): ReactNode {
  const can = useCan();
  return can(needs) ? children : <Forbidden needs={needs} />;
}

function Forbidden({ needs }: Readonly<{ needs: Permission }>): ReactNode {
  const { user } = useSession();
  return (
    <div className="page narrow">
      <PageHead title="You may not see this" />
      <div className="card forbidden">
        <Icon name="shield" size={28} />
        <p>
          This screen needs the permission <code>{needs}</code>: {PERMISSIONS[needs]}.
        </p>
        <dl className="facts">
          <dt>You are</dt>
          <dd>
            {user.name} ({user.roles.map(roleTitle).join(", ")})
          </dd>
          <dt>Roles that hold it</dt>
          <dd>{rolesWith(needs).map(roleTitle).join(", ")}</dd>
          <dt>Who can give it</dt>
          <dd>Any {rolesWith("user:write").map(roleTitle).join(" or ")}, under Users.</dd>
        </dl>
        <Link to="/" className="button">
          Back to the overview
        </Link>
      </div>
    </div>
  );
}
