import {
  DELEGATION_DAYS_MAX,
  delegationDifferences,
  type Delegation,
  type DelegationStatement,
  type DelegationWish,
} from "@tyr/contract";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { passkeysWork } from "../api/passkey.ts";
import { withProof } from "../api/proof.ts";
import { ReadText } from "../approvals/read-text.tsx";
import { signStatement } from "../approvals/sign-statement.ts";
import { digestOf, isChallengedBy } from "../approvals/statement-words.ts";
import { Dialog } from "../kit/dialog.tsx";
import { Field, formText } from "../kit/field.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { Form } from "../kit/form.tsx";
import { useDeed } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { controlText, parseControl } from "../time/format.ts";
import { useZone } from "../time/use-zone.ts";

const DAY_MS = 86_400_000;
/** What most absences are. */
const USUAL_DAYS = 7;

const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

type Read = Readonly<{ wish: DelegationWish; statement: DelegationStatement; differs: readonly string[] }>;

async function readStatement(wish: DelegationWish): Promise<Read> {
  const statement = await withProof(async () => await api.call("delegation.statement", { body: wish }));
  const differs = delegationDifferences(statement, wish);
  const isSame = statement.passkey === null || isChallengedBy(statement, await digestOf(statement.text));
  return { wish, statement, differs: isSame ? differs : [...differs, "what the passkey would sign"] };
}

async function handOver({ wish, statement }: Read): Promise<Delegation> {
  const signature = await signStatement(statement);
  return await withProof(async () => await api.call("delegation.create", { body: { ...wish, signature } }));
}

/** To whom one's own approving goes, until when and why; then the text of it, signed as an approval is. */
export function HandOver({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const [wished, setWished] = useState<DelegationWish>();
  const asked = useMutation({ mutationFn: readStatement });
  const give = useDeed(handOver, {
    stale: ["delegation", "action", "overview"],
    done: ({ id, to }) => ({ text: `${to.name} approves in your place`, ref: id }),
    after: onClose,
  });
  const read = asked.data;
  return (
    <Dialog title="Hand over your approving" onClose={onClose}>
      {read === undefined ? (
        <Wish
          wished={wished}
          error={asked.error}
          busy={asked.isPending}
          onClose={onClose}
          onWish={(wish) => {
            setWished(wish);
            asked.mutate(wish);
          }}
        />
      ) : (
        <ReadText
          read={read}
          verb={give.isPending ? "Waiting for the passkey…" : "Sign: hand it over"}
          tone="primary"
          error={give.error}
          busy={give.isPending}
          onSign={() => give.mutate(read)}
          onBack={() => asked.reset()}
        >
          You put your name under exactly this: <Hostile text={read.statement.to.name} limit={80} /> then approves in
          your place.
        </ReadText>
      )}
    </Dialog>
  );
}

type WishProps = Readonly<{
  wished: DelegationWish | undefined;
  error: unknown;
  busy: boolean;
  onWish: (wish: DelegationWish) => void;
  onClose: () => void;
}>;

function Wish({ wished, error, busy, onWish, onClose }: WishProps): ReactNode {
  const zone = useZone();
  const [usual] = useState(() => controlText(wished?.endsAt ?? inDays(USUAL_DAYS), zone).slice(0, 16));
  const [problem, setProblem] = useState<string>();
  const submit = (form: FormData): void => {
    const endsAt = parseControl(formText(form, "until"), zone);
    setProblem(endsAt === undefined ? "Say until when." : undefined);
    if (endsAt !== undefined) onWish({ to: formText(form, "to"), endsAt, reason: formText(form, "reason") });
  };
  return (
    <Form onData={submit}>
      <p>
        Until the end, another person approves and rejects where you may, in your place and under their own signature.
        You still may yourself; where one of you approved, it counts once.
      </p>
      <Field label="To" hint="The name they sign in with.">
        {(control) => (
          <input
            {...control}
            name="to"
            required
            maxLength={128}
            defaultValue={wished?.to}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
        )}
      </Field>
      <Field
        label={`Until (${zone === "utc" ? "UTC" : "local time"})`}
        hint={`${DELEGATION_DAYS_MAX} days from now at most. It ends by itself.`}
      >
        {(control) => <input {...control} type="datetime-local" name="until" required defaultValue={usual} />}
      </Field>
      <Field label="Reason" hint="Shown with every approval given in your place, and kept in the audit log.">
        {(control) => (
          <textarea {...control} name="reason" rows={2} required maxLength={1000} defaultValue={wished?.reason} />
        )}
      </Field>
      {problem === undefined ? null : <p className="warning">{problem}</p>}
      <FormEnd
        verb={busy ? "One moment…" : "Read what you sign"}
        error={error}
        busy={busy}
        possible={passkeysWork()}
        onCancel={onClose}
      />
      {passkeysWork() ? null : (
        <p className="muted small">
          It is signed with a passkey, which works at an https address only. In a terminal: <code>tyr delegation</code>
        </p>
      )}
    </Form>
  );
}
