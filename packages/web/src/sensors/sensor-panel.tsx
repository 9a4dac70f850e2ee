import type { Sensor } from "@tyr/contract";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useCan } from "../api/session.ts";
import { Confirm } from "../kit/confirm.tsx";
import { Code } from "../kit/copy.tsx";
import { FactList } from "../kit/facts.tsx";
import { SidePanel } from "../kit/side-panel.tsx";
import { StateBadge } from "../kit/state.tsx";
import { useAct } from "../kit/use-act.ts";
import { Time } from "../time/time.tsx";
import { SensorKey } from "./sensor-key.tsx";

export function SensorPanel({ sensor, onClose }: Readonly<{ sensor: Sensor; onClose: () => void }>): ReactNode {
  const can = useCan();
  const [asked, setAsked] = useState<"rotate" | "deactivate">();
  return (
    <SidePanel title={sensor.name} onClose={onClose}>
      <p className="badges">
        <StateBadge state={sensor.active ? "active" : "inactive"} />
        <span className="badge">{sensor.kind}</span>
      </p>
      <dl className="facts">
        <dt>Location</dt>
        <dd>{sensor.location ?? <span className="unknown">unknown</span>}</dd>
        <dt>Last seen</dt>
        <dd>
          <Time at={sensor.lastSeenAt} never="never" />
        </dd>
        <dt>Registered</dt>
        <dd>
          <Time at={sensor.createdAt} />
        </dd>
        <dt>Key begins</dt>
        <dd className="mono">{sensor.keyHint}</dd>
        <dt>Key counts until</dt>
        <dd>
          <Time at={sensor.keyEndsAt} />
        </dd>
        <dt>Id</dt>
        <dd>
          <Code text={sensor.id} what="sensor id" short />
        </dd>
      </dl>
      <p className="inline">
        <Link to="/events" search={{ sensor: sensor.id }} className="button small">
          Its events
        </Link>
        <Link to="/sensors" search={{ tab: "quarantine", sensor: sensor.id }} className="button small">
          Its quarantine
        </Link>
      </p>
      <h3>Metadata</h3>
      <FactList facts={sensor.metadata} />
      {can("sensor:write") && sensor.active ? (
        <p className="inline side-foot">
          <button type="button" className="button small" onClick={() => setAsked("rotate")}>
            Rotate the key
          </button>
          <button type="button" className="button small danger-quiet" onClick={() => setAsked("deactivate")}>
            Deactivate
          </button>
        </p>
      ) : null}
      {asked === "rotate" ? <Rotate sensor={sensor} onClose={() => setAsked(undefined)} /> : null}
      {asked === "deactivate" ? <Deactivate sensor={sensor} onClose={() => setAsked(undefined)} /> : null}
    </SidePanel>
  );
}

type AskedProps = Readonly<{ sensor: Sensor; onClose: () => void }>;

function Rotate({ sensor, onClose }: AskedProps): ReactNode {
  const rotate = useAct("sensor.rotate", {
    stale: ["sensor"],
    done: () => ({ text: `${sensor.name} has a new key`, ref: sensor.id }),
  });
  if (rotate.data !== undefined) return <SensorKey name={sensor.name} secret={rotate.data.key} onClose={onClose} />;
  return (
    <Confirm
      title={`Rotate the key of ${sensor.name}`}
      verb="Rotate"
      error={rotate.error}
      busy={rotate.isPending}
      onYes={() => rotate.mutate({ params: { id: sensor.id } })}
      onClose={onClose}
    >
      <p>
        The present key ({sensor.keyHint}) stops at once. The sensor is refused until it has the new one, which counts
        as long as this one was to count.
      </p>
    </Confirm>
  );
}

function Deactivate({ sensor, onClose }: AskedProps): ReactNode {
  const deactivate = useAct("sensor.deactivate", {
    stale: ["sensor", "overview"],
    done: () => ({ text: `${sensor.name} is inactive`, ref: sensor.id }),
    after: onClose,
  });
  return (
    <Confirm
      title={`Deactivate ${sensor.name}`}
      verb="Deactivate"
      error={deactivate.error}
      busy={deactivate.isPending}
      onYes={() => deactivate.mutate({ params: { id: sensor.id } })}
      onClose={onClose}
    >
      <p>Nothing is taken from it any more. Its events, counters and audit entries stay.</p>
    </Confirm>
  );
}
