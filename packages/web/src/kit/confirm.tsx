import type { CallInput, OutputOf, RouteId } from "@tyr/contract";
import { useState, type ReactNode } from "react";
import { Dialog } from "./dialog.tsx";
import { FormEnd } from "./form-end.tsx";
import { useAct, type ActOptions } from "./use-act.ts";

type ConfirmProps = Readonly<{
  title: string;
  verb: string;
  children: ReactNode;
  error: unknown;
  busy: boolean;
  onYes: () => void;
  onClose: () => void;
}>;

/** For what cannot be undone: says what will happen, and the button repeats it. */
export function Confirm({ title, children, onClose, ...end }: ConfirmProps): ReactNode {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="form">
        <div>{children}</div>
        <FormEnd {...end} tone="danger" onCancel={onClose} />
      </div>
    </Dialog>
  );
}

type AskFirstProps<K extends RouteId> = Readonly<{
  /** The word on the button, and to whom it happens for those who do not see the row. */
  word: string;
  of: string;
  className?: string;
  title: string;
  verb: string;
  /** What will happen. */
  children: ReactNode;
  route: K;
  input: CallInput<K>;
  stale: ActOptions<K>["stale"];
  done: (output: OutputOf<K>) => ReturnType<ActOptions<K>["done"]>;
}>;

/** A button for what cannot be undone: asks, does it, and says so. */
export function AskFirst<K extends RouteId>(props: AskFirstProps<K>): ReactNode {
  const { word, of, className = "link-button", title, verb, children, route, input, stale, done } = props;
  const [asked, setAsked] = useState(false);
  const act = useAct(route, { stale, done, after: () => setAsked(false) });
  return (
    <>
      <button type="button" className={className} onClick={() => setAsked(true)}>
        {word}
        {of === "" ? null : <span className="sr-only"> {of}</span>}
      </button>
      {asked ? (
        <Confirm
          title={title}
          verb={verb}
          error={act.error}
          busy={act.isPending}
          onYes={() => act.mutate(input)}
          onClose={() => setAsked(false)}
        >
          <p>{children}</p>
        </Confirm>
      ) : null}
    </>
  );
}
