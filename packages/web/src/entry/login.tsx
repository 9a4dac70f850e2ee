import type { CallInput } from "@tyr/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { isProblem } from "../api/proof.ts";
import { CodeField, codeOf, NameField, PasswordField, passwordOf } from "../kit/credentials.tsx";
import { formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { ErrorNotice } from "../kit/notice.tsx";
import { PasskeyButton } from "../kit/passkey-button.tsx";
import { EntryFrame } from "./frame.tsx";
import { OtherSystems } from "./other-systems.tsx";
import { nextAddress } from "./next-address.ts";

const route = getRouteApi("/login");

type Credentials = CallInput<"session.login">["body"];

export function LoginPage(): ReactNode {
  const { next } = route.useSearch();
  const client = useQueryClient();
  const router = useRouter();
  const enter = (): void => {
    client.clear();
    router.history.push(nextAddress(next));
  };
  const login = useMutation({
    mutationFn: async (body: Credentials) => await api.call("session.login", { body }),
    onSuccess: enter,
  });
  const [asksCode, setAsksCode] = useState(false);
  const needsCode = isProblem(login.error, "SECOND_FACTOR_NEEDED");
  if (needsCode && !asksCode) setAsksCode(true);
  const submit = (form: FormData): void => {
    const code = codeOf(form);
    login.mutate({ name: formText(form, "name"), password: passwordOf(form), ...(code === "" ? {} : { code }) });
  };
  return (
    <EntryFrame title="Sign in">
      {next === undefined ? null : <p className="muted">Sign in to go on to where you were.</p>}
      <Form onData={submit}>
        <NameField autoComplete="username" />
        <PasswordField />
        {asksCode ? <CodeField /> : null}
        {login.error === null || needsCode ? null : <ErrorNotice error={login.error} />}
        <button type="submit" className="button primary block" disabled={login.isPending}>
          {login.isPending ? "Signing in…" : "Sign in"}
        </button>
      </Form>
      <PasskeyButton
        begin={async () => await api.call("passkey.beginSignIn", {})}
        use={async (passkey) => {
          if (needsCode && login.variables !== undefined) await login.mutateAsync({ ...login.variables, passkey });
          else await api.call("passkey.signIn", { body: { passkey } }).then(enter);
        }}
      />
      <OtherSystems next={next} />
    </EntryFrame>
  );
}
