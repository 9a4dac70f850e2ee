import { useMutation } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { answerProofsWith, isProblem } from "../api/proof.ts";
import { CodeField, PasswordField, codeOf, passwordOf } from "../kit/credentials.tsx";
import { Dialog } from "../kit/dialog.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";

type Waiting = Readonly<{ answer: (given: boolean) => void }>;

/** Stands ready to ask whoever sits here who they are; what they were about to do goes on by itself then. */
export function ProofPrompt(): ReactNode {
  const [waiting, setWaiting] = useState<Waiting>();
  useEffect(
    () =>
      answerProofsWith(
        async () =>
          await new Promise<boolean>((resolve) => {
            setWaiting({
              answer(given) {
                setWaiting(undefined);
                resolve(given);
              },
            });
          }),
      ),
    [],
  );
  return waiting === undefined ? null : <ProofDialog answer={waiting.answer} />;
}

function ProofDialog({ answer }: Waiting): ReactNode {
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
