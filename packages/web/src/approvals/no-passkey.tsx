import type { ActionId, StatementKind } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { passkeysWork } from "../api/passkey.ts";
import { CopyButton } from "../kit/copy.tsx";
import { Icon } from "../kit/icon.tsx";

const COMMANDS: Readonly<Record<StatementKind, string>> = {
  approve: "approve",
  reject: "reject",
  withdraw: "action withdraw",
  break_glass: "action break-glass",
};

/** How to come by something to sign with, for whoever has nothing that works in this browser. */
export function NoPasskey({ decides, id }: Readonly<{ decides: StatementKind; id: ActionId }>): ReactNode {
  const command = `tyr ${COMMANDS[decides]} ${id}`;
  return (
    <div className="notice notice-warn">
      <Icon name="key" />
      <div className="notice-body">
        <strong>You have nothing to sign this with here</strong>
        <p>
          {passkeysWork() ? (
            <>
              Decisions are signed. Add a passkey under <Link to="/account">your account</Link>, then come back to this
              request.
            </>
          ) : (
            <>
              Decisions are signed, and browsers use no passkey at this address. Open Tyr at its own name over https;{" "}
              <Link to="/account">your account</Link> says which.
            </>
          )}
        </p>
        <p>Or sign in a terminal with a key of your own:</p>
        <p className="inline">
          <code>{command}</code> <CopyButton text={command} what="the command" />
        </p>
      </div>
    </div>
  );
}
