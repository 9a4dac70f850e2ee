import type { Risk, Traces as TracesView } from "@tyr/contract";
import { countOf, inOrder } from "./kept-set.ts";
import { LIMITS, type Observation } from "./observation.ts";
import { riskOf } from "./risk.ts";

/** What is shown of an address: counts of what must not be read, values of what may. */
export function tracesShown({ traces }: Observation): TracesView {
  return {
    ja3: [...traces.ja3],
    ja4: [...traces.ja4],
    hassh: [...traces.hassh],
    clientVersions: [...traces.clientVersions],
    payloads: [...traces.payload],
    c2: [...traces.c2],
    commandCount: countOf(traces.commands, LIMITS.commands),
    credentialCount: countOf(
      traces.secrets.map(({ secret }) => secret),
      LIMITS.secrets,
    ),
    usernameCount: countOf(traces.usernames, LIMITS.usernames),
  };
}

export function attackerRisk({ points }: Observation): Risk {
  return riskOf(points);
}

export function servicesInOrder({ traces }: Observation) {
  return inOrder(traces.services);
}

export function sensorsInOrder({ traces }: Observation) {
  return inOrder(traces.sensors);
}
