import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ask } from "../api/queries.ts";
import { EventsOf, TagEvidence } from "../detections/tags.tsx";
import { Empty, Loaded } from "../kit/notice.tsx";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const SHOWN = 20;

/** What the rule found last, and on what its tags rest. */
export function Findings({ id }: Readonly<{ id: string }>): ReactNode {
  const query = useQuery(ask("detection.list", { query: { rule: id, limit: SHOWN } }));
  return (
    <Loaded query={query}>
      {({ items, next }) =>
        items.length === 0 ? (
          <Empty icon="detections" title="It never found anything">
            “How it decides” says whether anything that comes in could make it fire.
          </Empty>
        ) : (
          <>
            <ul className="rows">
              {items.map((detection) => (
                <li key={detection.id} className="row-card finding">
                  <p className="inline">
                    <Link to="/detections" search={{ detection: detection.id }}>
                      <Time at={detection.time} />
                    </Link>
                    {detection.actorIp === null ? (
                      <span className="unknown">unknown actor</span>
                    ) : (
                      <Link to="/attackers/$id" params={{ id: detection.actorIp }}>
                        <Hostile text={detection.actorIp} mono />
                      </Link>
                    )}
                    <EventsOf detection={detection} word />
                  </p>
                  {detection.tags.map((tag) => (
                    <TagEvidence key={tag.id} tag={tag} />
                  ))}
                </li>
              ))}
            </ul>
            {next === null ? null : (
              <p>
                <Link to="/detections" search={{ rule: id }}>
                  All detections of this rule
                </Link>
              </p>
            )}
          </>
        )
      }
    </Loaded>
  );
}
