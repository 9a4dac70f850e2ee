import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { answerProofsWith, isProblem, type ProofBy } from "../api/proof.ts";
import { ask } from "../api/queries.ts";
import { CodeField, PasswordField, codeOf, passwordOf } from "../kit/credentials.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { PasskeyButton } from "../kit/passkey-button.tsx";
import { ProveThere } from "./prove-there.tsx";

type Waiting = Readonly<{ by: ProofBy; answer: (given: boolean) => void }>;

/** Stands ready to ask whoever sits here who they are; what they were about to do goes on by itself then. */
export function ProofPrompt(): ReactNode {
  const [waiting, setWaiting] = useState<Waiting>();
  useEffect(
    () =>
      answerProofsWith(
        async (by) =>
          await new Promise<boolean>((resolve) => {
            setWaiting({
              by,
              answer(given) {
                setWaiting(undefined);
                resolve(given);
              },
            });
          }),
      ),
    [],
  );
  return waiting === undefined ? null : <ProofDialog by={waiting.by} answer={waiting.answer} />;
}

/** Stronger than the rest, so it is offered first to whoever has one. */
function ByPasskey({ by, answer }: Waiting): ReactNode {
  const { data } = useQuery(ask("account.methods", {}));
  if (by === "anything" && (data === undefined || data.passkeys === 0)) return null;
  return (
    <PasskeyButton
      primary={by === "passkey"}
      begin={async () => await api.call("passkey.beginStepUp", {})}
      use={async (passkey) => {
        await api.call("passkey.stepUp", { body: { passkey } });
        answer(true);
      }}
    />
  );
}

function OnlyPasskey(waiting: Waiting): ReactNode {
  const { data } = useQuery(ask("account.methods", {}));
  const close = (): void => waiting.answer(false);
  return (
    <Dialog title="Prove that it is you" onClose={close}>
      <div className="form">
        <p>What you are about to do asks for a passkey, used within the last five minutes.</p>
        {data?.passkeys === 0 ? (
          <p className="warning">You have none yet: add one on your account page first.</p>
        ) : (
          <ByPasskey {...waiting} />
        )}
        <p className="form-foot">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
        </p>
      </div>
    </Dialog>
  );
}

function ProofDialog(waiting: Waiting): ReactNode {
  return waiting.by === "passkey" ? <OnlyPasskey {...waiting} /> : <AnyProof {...waiting} />;
}

function AnyProof(waiting: Waiting): ReactNode {
  const { answer } = waiting;
  const prove = useMutation({
    mutationFn: async (body: { password: string; code?: string }) => await api.call("session.stepUp", { body }),
    onSuccess: () => answer(true),
  });
  const [asksCode, setAsksCode] = useState(false);
  const needsCode = isProblem(prove.error, "SECOND_FACTOR_NEEDED");
  if (needsCode && !asksCode) setAsksCode(true);
  const submit = (form: FormData): void => {
    const code = codeOf(form);
    prove.mutate({ password: passwordOf(form), ...(code === "" ? {} : { code }) });
  };
  return (
    <Dialog title="Prove that it is you" onClose={() => answer(false)}>
      <Form onData={submit}>
        <p>What you are about to do asks for a proof that is at most five minutes old.</p>
        <ByPasskey {...waiting} />
        <ProveThere />
        <PasswordField />
        {asksCode ? <CodeField /> : null}
        <FormEnd
          verb="Go on"
          error={needsCode ? null : prove.error}
          busy={prove.isPending}
          onCancel={() => answer(false)}
        />
      </Form>
    </Dialog>
  );
}
