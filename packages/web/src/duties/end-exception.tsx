import type { DutyException } from "@tyr/contract";
import type { ReactNode } from "react";
import { AskFirst } from "../kit/confirm.tsx";

export function EndException({ exception }: Readonly<{ exception: DutyException }>): ReactNode {
  const { id, subject, pair } = exception;
  return (
    <AskFirst
      word="End"
      of={`the exception of ${subject.name} from ${pair}`}
      title={`End the exception of ${subject.name}?`}
      verb="End the exception"
      route="duty.endException"
      input={{ params: { id } }}
      stale={["duty"]}
      done={() => ({ text: `${subject.name} is no longer excepted from ${pair}` })}
    >
      What is held stays, and is an open conflict until somebody takes a role away.
    </AskFirst>
  );
}
