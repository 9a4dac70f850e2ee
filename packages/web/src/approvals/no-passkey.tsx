import type { ActionId, PasskeyList, StatementKind } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { passkeysWork } from "../api/passkey.ts";
import { ask } from "../api/queries.ts";
import { CopyButton } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";

const COMMANDS: Readonly<Record<StatementKind, string>> = {
  approve: "approve",
  reject: "reject",
  withdraw: "action withdraw",
  break_glass: "action break-glass",
};

type NoPasskeyProps = Readonly<{ decides: StatementKind; id: ActionId }>;

/** How to come by something to sign with, for whoever has nothing that works in this browser. */
export function NoPasskey({ decides, id }: NoPasskeyProps): ReactNode {
  const { data } = useQuery(ask("passkey.list", {}));
  const command = `tyr ${COMMANDS[decides]} ${id}`;
  return (
    <div className="notice notice-warn">
      <Icon name="key" />
      <div className="notice-body">
        <strong>You have nothing to sign this with here</strong>
        {data === undefined ? null : <Where origin={data.origin} id={id} />}
        <p>Or sign in a terminal with a key of your own:</p>
        <p className="inline">
          <code>{command}</code> <CopyButton text={command} what="the command" />
        </p>
      </div>
    </div>
  );
}

/** Where in a browser it can be signed: here, once there is a passkey; at the server's own name; or nowhere. */
function Where({ origin, id }: Readonly<{ origin: PasskeyList["origin"]; id: ActionId }>): ReactNode {
  if (passkeysWork() && origin === globalThis.location.origin)
    return (
      <p>
        Decisions are signed. Add a passkey under <Link to="/account">your account</Link>, then come back to this
        request.
      </p>
    );
  if (origin === null)
    return (
      <p>
        Decisions are signed, and browsers use no passkey at this address. Ask whoever runs this server to set
        TYR_PUBLIC_URL.
      </p>
    );
  return (
    <p>
      Decisions are signed, and browsers use no passkey at this address. Open this request at{" "}
      <a href={`${origin}/approvals/${id}`}>{origin}</a>.
    </p>
  );
}
