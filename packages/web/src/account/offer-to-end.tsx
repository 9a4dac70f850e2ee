import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { Dialog } from "../kit/dialog.tsx";
import { FormEnd } from "../kit/form-end.tsx";
import { useAct } from "../kit/use-act.ts";

/**
 * After a change of how somebody signs in: whoever was in with the ways of before stays in until they are put out (ASVS 5.0
 * 7.4.3). Nothing is asked of who is signed in here alone.
 */
export function OfferToEnd({ onClose }: Readonly<{ onClose: () => void }>): ReactNode {
  const { data } = useQuery(ask("session.list", {}));
  const end = useAct("session.endOthers", {
    stale: ["session"],
    done: () => ({ text: "You are signed in here only" }),
    after: onClose,
  });
  const others = data?.items.filter(({ current }) => !current).length ?? 0;
  if (others === 0) return null;
  return (
    <Dialog title="End your other sessions?" onClose={onClose}>
      <div className="form">
        <p>
          You are signed in {others === 1 ? "once" : `${others} times`} besides this session, by what counted before. If
          you changed something because it may be in other hands, end them.
        </p>
        <FormEnd
          verb="End them"
          cancel="Keep them"
          error={end.error}
          busy={end.isPending}
          onCancel={onClose}
          onYes={() => end.mutate({})}
        />
      </div>
    </Dialog>
  );
}
