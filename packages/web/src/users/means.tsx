import type { User } from "@tyr/contract";
import type { ReactNode } from "react";
import type { Column } from "../kit/data-table.tsx";
import { StateBadge } from "../kit/state.tsx";

/** What somebody signs in with besides a password, in words; empty where there is nothing. */
export function meansOf({ means }: User): string {
  if (means === undefined) return "";
  const { authenticator, passkeys, providers } = means;
  return [
    authenticator ? "authenticator" : "",
    passkeys === 0 ? "" : `${passkeys} ${passkeys === 1 ? "passkey" : "passkeys"}`,
    providers === 0 ? "" : "single sign-on",
  ]
    .filter((one) => one !== "")
    .join(", ");
}

/** The strongest thing first: gone, then shut, then stopped by guessing. */
export function UserState({ user }: Readonly<{ user: User }>): ReactNode {
  if (user.erased === true) return <StateBadge state="erased" />;
  return (
    <>
      <StateBadge state={user.active ? "active" : "disabled"} />
      {user.means?.locked === true ? <StateBadge state="locked" /> : null}
    </>
  );
}

export const STATE: Column<User> = {
  id: "state",
  header: "State",
  className: "nowrap",
  cell: (row) => (
    <span className="badges">
      <UserState user={row} />
    </span>
  ),
};

export const SECOND_FACTOR: Column<User> = {
  id: "factor",
  header: "Second factor",
  sortBy: meansOf,
  cell: (row) => {
    if (row.erased === true) return "–";
    const words = meansOf(row);
    return words === "" ? <span className="muted">none</span> : words;
  },
};

export const MANAGED_BY: Column<User> = {
  id: "managed",
  header: "Managed by",
  className: "nowrap",
  sortBy: (row) => row.managedBy?.name ?? "",
  cell: (row) => (row.erased === true ? "–" : (row.managedBy?.name ?? <span className="muted">Tyr</span>)),
};
