import { parentPort } from "node:worker_threads";
import { serveMatches } from "@tyr/sigma";

/** The program of a thread of `tyr rule bench --workers`. */
if (parentPort !== null) serveMatches(parentPort, { allocate: (size) => Buffer.allocUnsafeSlow(size) });
