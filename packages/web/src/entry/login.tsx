import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api } from "../api/client.ts";
import { sessionQuery } from "../api/queries.ts";
import { NameField, PasswordField, passwordOf } from "../kit/credentials.tsx";
import { formText } from "../kit/field.tsx";
import { Form } from "../kit/form.tsx";
import { ErrorNotice } from "../kit/notice.tsx";
import { EntryFrame } from "./frame.tsx";
import { OtherSystems } from "./other-systems.tsx";
import { nextAddress } from "./next-address.ts";

const route = getRouteApi("/login");

export function LoginPage(): ReactNode {
  const { next } = route.useSearch();
  const client = useQueryClient();
  const router = useRouter();
  const login = useMutation({
    mutationFn: async (body: { name: string; password: string }) => await api.call("session.login", { body }),
    onSuccess: (session) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      router.history.push(nextAddress(next));
    },
  });
  const submit = (form: FormData): void => login.mutate({ name: formText(form, "name"), password: passwordOf(form) });
  return (
    <EntryFrame title="Sign in">
      {next === undefined ? null : <p className="muted">Sign in to go on to where you were.</p>}
      <Form onData={submit}>
        <NameField autoComplete="username" />
        <PasswordField />
        {login.error === null ? null : <ErrorNotice error={login.error} />}
        <button type="submit" className="button primary block" disabled={login.isPending}>
          {login.isPending ? "Signing in…" : "Sign in"}
        </button>
      </Form>
      <OtherSystems next={next} />
    </EntryFrame>
  );
}
