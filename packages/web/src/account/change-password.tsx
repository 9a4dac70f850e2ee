import { useState, type ReactNode } from "react";
import { PasswordField, passwordOf } from "../kit/credentials.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";

type Props = Readonly<{
  /** There is a second factor: 8 characters are enough. */
  short: boolean;
  onClose: () => void;
}>;

export function ChangePassword({ short, onClose }: Props): ReactNode {
  const [problem, setProblem] = useState<string>();
  const change = useAct("account.changePassword", {
    stale: ["account", "session"],
    done: () => ({ text: "The password is changed; your other sessions have ended" }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const [current, password, again] = ["current", "password", "again"].map((name) => passwordOf(form, name));
    setProblem(password === again ? undefined : "The two new passwords are not the same.");
    if (password === again) change.mutate({ body: { current: current ?? "", password: password ?? "" } });
  };
  const lengthMin = short ? 8 : 15;
  return (
    <Dialog title="Change your password" onClose={onClose}>
      <Form onData={submit}>
        <PasswordField label="Current password" name="current" />
        <PasswordField
          label="New password"
          hint={`At least ${lengthMin} characters; no other rules. Well-known and leaked ones are refused.`}
          isNew
          lengthMin={lengthMin}
        />
        <PasswordField label="New password again" name="again" isNew lengthMin={lengthMin} />
        <p className="muted">All your other sessions end.</p>
        {problem === undefined ? null : (
          <p className="warning" role="alert">
            {problem}
          </p>
        )}
        <FormEnd verb="Change it" error={change.error} busy={change.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
