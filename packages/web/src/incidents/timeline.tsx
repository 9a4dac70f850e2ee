import type { IncidentId, TimelineItem } from "@tyr/contract";
import { useRef, type ReactNode } from "react";
import { usePages } from "../api/use-pages.ts";
import { useCan } from "../api/session.ts";
import { Field, formText } from "../kit/field.tsx";
import { Icon, type IconName } from "../kit/icon.tsx";
import { IdLink } from "../kit/id-link.tsx";
import { ErrorNotice, Skeleton } from "../kit/notice.tsx";
import { SeverityBadge } from "../kit/severity.tsx";
import { useAct } from "../kit/use-act.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const ICONS: Readonly<Record<TimelineItem["kind"], IconName>> = {
  event: "events",
  detection: "detections",
  action: "approvals",
  block: "blocks",
  note: "note",
  move: "move",
};

/** Everything that happened, oldest first: what the actor did and what we did about it. */
export function IncidentTimeline({ id }: Readonly<{ id: IncidentId }>): ReactNode {
  const pages = usePages("incident.timeline", { params: { id }, query: { limit: 200 } });
  const can = useCan();
  if (pages.rows === undefined) {
    return pages.error === null ? <Skeleton /> : <ErrorNotice error={pages.error} retry={pages.refetch} />;
  }
  return (
    <>
      <ol className="timeline">
        {pages.rows.map((item) => (
          <Item key={`${item.kind} ${item.ref} ${item.at}`} item={item} />
        ))}
      </ol>
      {pages.more ? (
        <button type="button" className="button" onClick={pages.next}>
          Later items
        </button>
      ) : null}
      {can("incident:write") ? <NoteBox id={id} /> : null}
    </>
  );
}

function Item({ item }: Readonly<{ item: TimelineItem }>): ReactNode {
  return (
    <li className={`timeline-item kind-${item.kind}`}>
      <span className="timeline-icon">
        <Icon name={ICONS[item.kind]} size={14} />
      </span>
      <div className="timeline-body">
        <p className="timeline-head">
          <span className="timeline-kind">{item.kind}</span>
          <IdLink id={item.ref}>
            <Hostile text={item.title} limit={240} />
          </IdLink>
          {item.kind === "event" && item.text !== "" ? (
            <span className="timeline-said">
              <Hostile text={item.text} limit={300} mono />
            </span>
          ) : null}
          {item.severity === null || item.kind === "event" ? null : <SeverityBadge severity={item.severity} />}
          <span className="timeline-when">
            {item.actor === null ? null : <span className="muted">{item.actor.name}</span>}
            <Time at={item.at} />
          </span>
        </p>
        {item.text === "" || item.kind === "event" ? null : (
          <p className="timeline-text">
            <Hostile text={item.text} limit={1000} />
          </p>
        )}
      </div>
    </li>
  );
}

function NoteBox({ id }: Readonly<{ id: IncidentId }>): ReactNode {
  const form = useRef<HTMLFormElement>(null);
  const note = useAct("incident.note", {
    stale: ["incident"],
    done: (item) => ({ text: "The note is in the timeline", ref: item.ref }),
    after: () => form.current?.reset(),
  });
  return (
    <form
      ref={form}
      className="note-box"
      onSubmit={(event) => {
        event.preventDefault();
        note.mutate({ params: { id }, body: { text: formText(new FormData(event.currentTarget), "text") } });
      }}
    >
      <Field label="Write a note">
        {(control) => <textarea {...control} name="text" required rows={2} maxLength={4000} />}
      </Field>
      {note.error === null ? null : <ErrorNotice error={note.error} />}
      <button type="submit" className="button" disabled={note.isPending}>
        Add note
      </button>
    </form>
  );
}
