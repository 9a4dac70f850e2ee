import type { Status } from "@tyr/contract";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { statusQuery } from "../api/queries.ts";
import { Loaded } from "../kit/notice.tsx";
import { Time } from "../time/time.tsx";
import { Losses } from "./losses.tsx";

const number = (value: number): string => value.toLocaleString("en");
const megabytes = (bytes: number): string => `${number(Math.round(bytes / 1_000_000))} MB`;

/** What each consumer does to what it reads, in the order of the data. */
const CONSUMERS: Readonly<Record<string, readonly [verb: string, noun: string]>> = {
  detect: ["Detect", "events"],
  escalate: ["Escalate", "detections"],
  govern: ["Govern", "incidents"],
};

/** Whether what came in was also worked through: how far each stage is behind, and what could not be used. */
export function Health(): ReactNode {
  const query = useQuery(statusQuery);
  return (
    <section className="card area-health" aria-labelledby="health-title">
      <div className="card-title">
        <h2 id="health-title">Pipeline</h2>
        {query.data === undefined ? null : (
          <span className="more">
            running since <Time at={query.data.startedAt} />
          </span>
        )}
      </div>
      <Loaded query={query} lines={2}>
        {(status) => (
          <>
            <ul className="steps">
              <Intake intake={status.intake} />
              {status.pipeline.map((one) => (
                <Stage key={one.consumer} stage={one} />
              ))}
              <Step title="Memory" state="good">
                {megabytes(status.memoryBytes)}
              </Step>
            </ul>
            <Losses losses={status.correlationLosses} byRule={status.correlationLossesByRule} />
          </>
        )}
      </Loaded>
    </section>
  );
}

type StepProps = Readonly<{ title: string; state: "good" | "behind"; children: ReactNode }>;

function Step({ title, state, children }: StepProps): ReactNode {
  return (
    <li className={`step step-${state}`}>
      <span className="step-title">{title}</span>
      <span className="step-figure">{children}</span>
    </li>
  );
}

function Intake({ intake: { queuedBytes, queuedBytesMax } }: Readonly<{ intake: Status["intake"] }>): ReactNode {
  return (
    <Step title="Intake" state={queuedBytes > queuedBytesMax / 2 ? "behind" : "good"}>
      {queuedBytes === 0 ? "nothing queued" : `${megabytes(queuedBytes)} of ${megabytes(queuedBytesMax)} queued`}
    </Step>
  );
}

function Stage({ stage: { consumer, lag } }: Readonly<{ stage: Status["pipeline"][number] }>): ReactNode {
  const [verb, noun] = CONSUMERS[consumer] ?? [consumer, "rows"];
  return (
    <Step title={verb} state={lag === 0 ? "good" : "behind"}>
      {lag === 0 ? "caught up" : `${number(lag)} ${noun} behind`}
    </Step>
  );
}
