import { createCredentialLifter, type HashSecret } from "./credential.ts";
import { decoySessions } from "./decoy-session.ts";
import { flows } from "./flow.ts";
import { halves } from "./halves.ts";
import { keystrokes } from "./keystrokes/keystrokes.ts";
import type { Lifter } from "./lifter.ts";
import { telemetry } from "./telemetry.ts";
import { visits } from "./visit.ts";

/** All lifters, in the order in which they look at an event. */
export function allLifters(hashSecret: HashSecret): readonly Lifter[] {
  return [decoySessions, visits, flows, createCredentialLifter(hashSecret), telemetry, keystrokes, halves];
}
