import type { TotpEnrolment } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { CodeField, codeOf } from "../kit/credentials.tsx";
import { CopyButton } from "../kit/copy.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";
import { QrCode } from "./qr-code.tsx";

type Props = Readonly<{ onClose: () => void; onCodes: (codes: readonly string[]) => void }>;

/** First the secret, then a code made with it: what was typed wrong into the application cannot lock anybody out. */
export function AddTotp({ onClose, onCodes }: Props): ReactNode {
  const [enrolment, setEnrolment] = useState<TotpEnrolment>();
  const enrol = useAct("account.enrolTotp", {
    stale: [],
    done: () => ({ text: "Add the secret to your application" }),
    after: setEnrolment,
  });
  return (
    <Dialog title="Add an authenticator" onClose={onClose}>
      {enrolment === undefined ? (
        <div className="form">
          <p>
            An application on your telephone or in your password manager shows six digits that change every 30 seconds.
            From then on signing in asks for them.
          </p>
          <FormEnd
            verb="Show the secret"
            error={enrol.error}
            busy={enrol.isPending}
            onCancel={onClose}
            onYes={() => enrol.mutate({})}
          />
        </div>
      ) : (
        <ConfirmTotp enrolment={enrolment} onClose={onClose} onCodes={onCodes} />
      )}
    </Dialog>
  );
}

function ConfirmTotp({ enrolment, onClose, onCodes }: Props & Readonly<{ enrolment: TotpEnrolment }>): ReactNode {
  const confirm = useAct("account.confirmTotp", {
    stale: ["account", "session"],
    done: () => ({ text: "Signing in asks for a code from now on" }),
    after: ({ codes }) => onCodes(codes),
  });
  return (
    <Form onData={(form) => confirm.mutate({ body: { code: codeOf(form) } })}>
      <p>
        Scan this with the application, type the secret into it, or <a href={enrolment.uri}>open it there</a>. It is
        shown this once.
      </p>
      <QrCode text={enrolment.uri} label="The secret as a picture, for the camera of your telephone" />
      <div className="secret">
        <code className="mono">{(enrolment.secret.match(/.{1,4}/g) ?? []).join(" ")}</code>
        <CopyButton text={enrolment.secret} what="secret" label="Copy secret" />
      </div>
      <CodeField hint="The six digits it shows now." />
      <FormEnd verb="Confirm" error={confirm.error} busy={confirm.isPending} onCancel={onClose} />
    </Form>
  );
}
