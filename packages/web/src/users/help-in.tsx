import type { User } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { AskFirst } from "../kit/confirm.tsx";
import { PasswordField, passwordOf } from "../kit/credentials.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { ErrorNotice } from "../kit/notice.tsx";
import { useAct } from "../kit/use-act.ts";

/** What an administrator does for somebody whose session or means of signing in are in wrong hands, or gone. */
export function HelpIn({ user }: Readonly<{ user: User }>): ReactNode {
  const [resetting, setResetting] = useState(false);
  const unlock = useAct("user.unlock", {
    stale: ["user"],
    done: () => ({ text: `The password of ${user.name} counts, whatever failed before`, ref: user.id }),
  });
  return (
    <p className="form-foot">
      <AskFirst
        word="End sessions"
        of={`of ${user.name}`}
        className="button small"
        title={`End the sessions of ${user.name}`}
        verb="End them"
        route="user.endSessions"
        input={{ params: { id: user.id } }}
        stale={["user"]}
        done={() => ({ text: `${user.name} is signed in nowhere`, ref: user.id })}
      >
        Whoever uses them has to sign in again.
      </AskFirst>
      <button
        type="button"
        className="button small"
        disabled={unlock.isPending}
        onClick={() => unlock.mutate({ params: { id: user.id } })}
      >
        Unlock<span className="sr-only"> the password of {user.name}</span>
      </button>
      <button type="button" className="button small" onClick={() => setResetting(true)}>
        Reset sign-in
      </button>
      {unlock.error === null ? null : <ErrorNotice error={unlock.error} />}
      {resetting ? <Reset user={user} onClose={() => setResetting(false)} /> : null}
    </p>
  );
}

function Reset({ user, onClose }: Readonly<{ user: User; onClose: () => void }>): ReactNode {
  const reset = useAct("user.resetSignIn", {
    stale: ["user"],
    done: () => ({ text: `${user.name} signs in with the new password`, ref: user.id }),
    after: onClose,
  });
  return (
    <Dialog title={`Reset the sign-in of ${user.name}`} onClose={onClose}>
      <Form onData={(form) => reset.mutate({ params: { id: user.id }, body: { password: passwordOf(form) } })}>
        <p>
          For somebody who lost what they sign in with, after you have made sure who they are. The new password alone
          opens the account: second factors, recovery codes and sessions go.
        </p>
        <PasswordField
          label="New first password"
          hint="At least 15 characters. Hand it over in person: for 72 hours it is good for choosing their own."
          isNew
        />
        <FormEnd verb="Reset" error={reset.error} busy={reset.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
