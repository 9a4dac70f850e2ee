import type { Attacker } from "@tyr/contract";
import type { ReactNode } from "react";
import { Code } from "../kit/copy.tsx";
import { counted } from "../text/counted.ts";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

const LISTS = [
  ["hassh", "SSH clients (HASSH)"],
  ["ja4", "TLS clients (JA4)"],
  ["ja3", "TLS clients (JA3)"],
  ["clientVersions", "What clients call themselves"],
  ["payloads", "Files moved (SHA-256)"],
  ["c2", "Hosts files were fetched from"],
] as const;

/** What tells these hands from others, and how far through the kill chain they came. */
export function TracesOf({ attacker }: Readonly<{ attacker: Attacker }>): ReactNode {
  const { traces, phases, notKept, sensors } = attacker;
  const lists = LISTS.filter(([name]) => traces[name].length > 0);
  return (
    <>
      <section className="card">
        <h2>Fingerprints</h2>
        {lists.length === 0 ? (
          <p className="muted">None: it did nothing that tells its tools.</p>
        ) : (
          <dl className="facts traces">
            {lists.map(([name, title]) => (
              <div key={name} className="fact">
                <dt>{title}</dt>
                <dd>
                  <ul className="plain">
                    {traces[name].map((value) => (
                      <li key={value}>
                        <Code text={value} what={title} />
                      </li>
                    ))}
                  </ul>
                </dd>
              </div>
            ))}
          </dl>
        )}
        <p className="muted small">
          Compared with others as hashes, never shown: {counted(traces.commandCount, ["command", "commands"])},{" "}
          {counted(traces.credentialCount, ["credential", "credentials"])},{" "}
          {counted(traces.usernameCount, ["user name", "user names"])}.
          {Object.entries(notKept).map(([name, count]) => (
            <span key={name}>
              {" "}
              Of {name} {count.toLocaleString("en")} more came and were not kept.
            </span>
          ))}
        </p>
      </section>
      <section className="card">
        <h2>Phases of the kill chain</h2>
        {phases.length === 0 ? <p className="muted">None was recognised.</p> : null}
        <ul className="plain">
          {phases.map(({ phase, sensorId, firstAt, lastAt }) => (
            <li key={`${phase} ${sensorId}`} className="inline">
              <span className="badge">{phase.replaceAll("_", " ")}</span>
              <Hostile text={sensors.find(({ id }) => id === sensorId)?.name ?? "some sensor"} limit={60} />
              <Time at={firstAt} />
              {firstAt === lastAt ? null : (
                <>
                  to <Time at={lastAt} />
                </>
              )}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
