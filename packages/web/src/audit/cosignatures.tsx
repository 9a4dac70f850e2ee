import type { AuditHead } from "@tyr/contract";
import type { ReactNode } from "react";
import { Hostile } from "../text/hostile.tsx";
import { Time } from "../time/time.tsx";

type Cosigning = NonNullable<AuditHead["cosigning"]>;

/** Who else remembers the log, up to which entry, and since when: what cannot be taken back any more. */
export function Cosignatures({ cosigning, size }: Readonly<{ cosigning: Cosigning; size: number }>): ReactNode {
  const { alarm, witnesses, quorum } = cosigning;
  const upTo = cosigning.size;
  return (
    <section aria-labelledby="cosigned-title">
      <h2 id="cosigned-title">Cosigned</h2>
      {alarm === null ? null : (
        <p className="attention" role="alert">
          <Hostile text={alarm} limit={300} />
        </p>
      )}
      <p>
        {upTo === null ? (
          <span className="attention">No checkpoint is cosigned yet.</span>
        ) : (
          <>
            Up to entry {upTo.toLocaleString("en")} of {size.toLocaleString("en")},{" "}
            <Time at={cosigning.at} show="age" />.
          </>
        )}{" "}
        <span className="muted">
          Asked for: <Hostile text={quorum} limit={80} />
        </span>
      </p>
      <ul className="plain">
        {witnesses.map((witness) => (
          <li key={witness.name}>
            <Witness witness={witness} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Witness({ witness }: Readonly<{ witness: Cosigning["witnesses"][number] }>): ReactNode {
  const { name, size, at, problem } = witness;
  return (
    <>
      <span className="strong">
        <Hostile text={name} limit={120} />
      </span>{" "}
      {size === null ? "nothing yet" : `up to entry ${size.toLocaleString("en")}, `}
      {size === null ? null : <Time at={at} show="age" />}
      {problem === null ? null : (
        <span className="attention">
          {" "}
          <Hostile text={problem} limit={200} />
        </span>
      )}
    </>
  );
}
