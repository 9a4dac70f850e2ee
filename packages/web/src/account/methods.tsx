import type { SignInMethods } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { AskFirst } from "../kit/confirm.tsx";
import { Loaded } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";
import { Time } from "../time/time.tsx";
import { ChangePassword } from "./change-password.tsx";
import { AddTotp } from "./add-totp.tsx";
import { CodesOnce } from "./codes-once.tsx";
import { OfferToEnd } from "./offer-to-end.tsx";

const STALE = ["account", "session"] as const;

/** How somebody signs in, and every change to it. */
export function Methods(): ReactNode {
  const query = useQuery(ask("account.methods", {}));
  return (
    <section aria-labelledby="methods-title">
      <div className="section-head">
        <h2 id="methods-title">Signing in</h2>
      </div>
      <Loaded query={query} lines={3}>
        {(methods) => <MethodList methods={methods} />}
      </Loaded>
    </section>
  );
}

type Opened = "password" | "totp" | undefined;

function MethodList({ methods }: Readonly<{ methods: SignInMethods }>): ReactNode {
  const [opened, setOpened] = useState<Opened>();
  const [codes, setCodes] = useState<readonly string[]>();
  const [added, setAdded] = useState(false);
  const close = (): void => setOpened(undefined);
  return (
    <>
      <dl className="facts account-facts">
        <dt>Password</dt>
        <dd>
          {methods.passwordStandsAlone ? "15 characters or more" : "short: counts only beside a second factor"}{" "}
          <button type="button" className="link-button" onClick={() => setOpened("password")}>
            Change
            <span className="sr-only"> the password</span>
          </button>
        </dd>
        <dt>Authenticator</dt>
        <dd>
          <TotpState methods={methods} onAdd={() => setOpened("totp")} />
        </dd>
        {methods.totp === null && methods.passkeys === 0 ? null : (
          <>
            <dt>Recovery codes</dt>
            <dd>
              {methods.recoveryCodesLeft} of 10 left <RenewCodes onCodes={setCodes} />
            </dd>
          </>
        )}
      </dl>
      {opened === "password" ? (
        <ChangePassword short={methods.totp !== null || methods.passkeys > 0} onClose={close} />
      ) : null}
      {opened === "totp" ? (
        <AddTotp
          onClose={close}
          onCodes={(made) => {
            close();
            setAdded(true);
            setCodes(made);
          }}
        />
      ) : null}
      {codes === undefined ? null : <CodesOnce codes={codes} onClose={() => setCodes(undefined)} />}
      {added && codes === undefined ? <OfferToEnd onClose={() => setAdded(false)} /> : null}
    </>
  );
}

function TotpState({ methods, onAdd }: Readonly<{ methods: SignInMethods; onAdd: () => void }>): ReactNode {
  if (methods.totp === null)
    return (
      <>
        none{" "}
        <button type="button" className="link-button" onClick={onAdd}>
          Add<span className="sr-only"> an authenticator application</span>
        </button>
      </>
    );
  return (
    <>
      since <Time at={methods.totp.since} />{" "}
      <AskFirst
        word="Remove"
        of="the authenticator application"
        title="Remove the authenticator"
        verb="Remove it"
        route="account.removeTotp"
        input={{}}
        stale={STALE}
        done={() => ({ text: "The authenticator counts no more" })}
      >
        {methods.passkeys > 0
          ? "From then on signing in with your password asks for a passkey or a recovery code."
          : "From then on your password alone opens the account, and the recovery codes count no more."}
      </AskFirst>
    </>
  );
}

function RenewCodes({ onCodes }: Readonly<{ onCodes: (codes: readonly string[]) => void }>): ReactNode {
  const renew = useAct("account.renewRecoveryCodes", {
    stale: STALE,
    done: () => ({ text: "The codes before count no more" }),
    after: ({ codes }) => onCodes(codes),
  });
  return (
    <button type="button" className="link-button" disabled={renew.isPending} onClick={() => renew.mutate({})}>
      Make new ones
    </button>
  );
}
