import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** An installation without events shows the way to the first one, not a row of zeros. */
export function FirstSteps(): ReactNode {
  return (
    <section className="card first-steps" aria-labelledby="first-title">
      <h2 id="first-title">Three steps to the first incident</h2>
      <ol>
        <li>
          <strong>
            <Link to="/sensors">Register a sensor</Link>
          </strong>
          <p>Anything that writes log lines: a decoy, an SSH server, a web server. Its key is shown once.</p>
        </li>
        <li>
          <strong>Send it lines</strong>
          <p>
            With the command that is shown beside the key, with <code>tyr import FILE</code>, or by following a file.
          </p>
        </li>
        <li>
          <strong>See what they mean</strong>
          <p>
            <Link to="/events">Events</Link> fill, rules recognise, incidents open, and the first request for a block
            comes to <Link to="/approvals">Approvals</Link>.
          </p>
        </li>
      </ol>
    </section>
  );
}
