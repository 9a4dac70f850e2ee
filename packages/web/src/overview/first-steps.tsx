import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** An installation without events shows the way to the first one, not a row of zeros. */
export function FirstSteps(): ReactNode {
  return (
    <section className="card first-steps" aria-labelledby="first-title">
      <h2 id="first-title">Three steps to the first incident</h2>
      <ol>
        <li>
          <Link to="/sensors">Register a sensor</Link>. Its key is shown once, with a command that sends a first line.
        </li>
        <li>
          Send it logs: the command above, <code>tyr import FILE</code>, or a file to follow.
        </li>
        <li>
          Watch <Link to="/events">Events</Link> fill, detections appear, and the first request come to{" "}
          <Link to="/approvals">Approvals</Link>.
        </li>
      </ol>
    </section>
  );
}
