import type { ReactNode } from "react";
import { FormEnd } from "../kit/form-end.tsx";
import { Differs, StatementView, type Shown } from "./statement-view.tsx";

type ReadProps = Readonly<{
  read: Readonly<{ statement: Shown; differs: readonly string[] }>;
  verb: string;
  tone: "primary" | "danger";
  error: unknown;
  busy: boolean;
  onSign: () => void;
  onBack: () => void;
  /** What it counts for. */
  children: ReactNode;
}>;

/** The text to sign as it is, and the button that signs it: only where it says what was asked for. */
export function ReadText({ read, onSign, onBack, children, ...end }: ReadProps): ReactNode {
  return (
    <div className="form">
      <p>{children}</p>
      <StatementView statement={read.statement} />
      {read.differs.length === 0 ? null : <Differs names={read.differs} />}
      <FormEnd {...end} cancel="Back" possible={read.differs.length === 0} onYes={onSign} onCancel={onBack} />
    </div>
  );
}
