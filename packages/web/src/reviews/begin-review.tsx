import { REVIEW_SCOPES, ROLE_NAMES, type ReviewCreate } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { roleTitle } from "../api/session.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useAct } from "../kit/use-act.ts";

const DAY_MS = 86_400_000;
const SCOPE_WORDS = { people: "Everybody", role: "The holders of a role", programs: "Programs and API keys" } as const;

function daysFromNow(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString();
}

/** Who decides, about what, until when. Reviewers need a role that may decide; the server says so of others. */
export function BeginReview({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const people = useQuery(ask("user.list", {})).data?.items.filter(({ active }) => active) ?? [];
  const [scope, setScope] = useState<ReviewCreate["scope"]>("people");
  const [problem, setProblem] = useState<string>();
  const begin = useAct("review.create", {
    stale: ["review"],
    done: (review) => ({ text: `${review.name} has begun`, ref: review.id }),
    after: onClose,
  });
  const submit = (form: FormData): void => {
    const chosen = form.getAll("reviewers");
    const reviewers = people.filter(({ id }) => chosen.includes(id)).map(({ id }) => id);
    setProblem(reviewers.length === 0 ? "Choose who decides." : undefined);
    if (reviewers.length === 0) return;
    const role = ROLE_NAMES.find((one) => one === formText(form, "role"));
    const dueAt = daysFromNow(Number(formText(form, "days")));
    const undecided = formText(form, "undecided") === "revoke" ? "revoke" : "leave";
    const named = { name: formText(form, "name"), scope, reviewers, dueAt, undecided } as const;
    begin.mutate({ body: { ...named, ...(scope === "role" && role !== undefined ? { role } : {}) } });
  };
  return (
    <Dialog title="Begin an access review" onClose={onClose}>
      <Form onData={submit}>
        <Field label="Name">
          {(control) => <input {...control} name="name" required maxLength={80} autoComplete="off" />}
        </Field>
        <Field label="About">
          {(control) => (
            <select
              {...control}
              value={scope}
              onChange={(event) => setScope(REVIEW_SCOPES.find((one) => one === event.target.value) ?? "people")}
            >
              {REVIEW_SCOPES.map((one) => (
                <option key={one} value={one}>
                  {SCOPE_WORDS[one]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {scope === "role" ? (
          <Field label="Role">
            {(control) => (
              <select {...control} name="role">
                {ROLE_NAMES.map((role) => (
                  <option key={role} value={role}>
                    {roleTitle(role)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        ) : null}
        <Field label="Due in days">
          {(control) => <input {...control} name="days" type="number" min={1} max={730} defaultValue={14} required />}
        </Field>
        <Field label="What nobody decided by then" hint="Closing does this after the due date.">
          {(control) => (
            <select {...control} name="undecided">
              <option value="leave">stays, and is reported</option>
              <option value="revoke">is revoked</option>
            </select>
          )}
        </Field>
        <fieldset className="roles">
          <legend>Reviewers</legend>
          {people.map(({ id, name }) => (
            <label key={id} className="role">
              <input type="checkbox" name="reviewers" value={id} />
              <strong>{name}</strong>
            </label>
          ))}
        </fieldset>
        {problem === undefined ? null : <p className="warning">{problem}</p>}
        <FormEnd verb="Begin" error={begin.error} busy={begin.isPending} onCancel={onClose} />
      </Form>
    </Dialog>
  );
}
