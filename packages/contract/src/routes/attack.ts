import type { RouteDefinition } from "../route.ts";
import * as t from "../schemas/ttp.ts";

/** The ATT&CK releases in force. */
export const attackRoutes = {
  "attack.get": {
    method: "GET",
    path: "/api/v1/ttp/attack",
    needs: "detection:read",
    summary: "The ATT&CK releases in force and what they made of the rules",
    response: t.AttackInForce,
  },
  "attack.load": {
    method: "POST",
    path: "/api/v1/ttp/attack",
    needs: "attack:load",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Load another ATT&CK release (a STIX bundle of one domain, plain or gzip), or show what it would change",
    query: t.AttackLoadQuery,
    body: "raw",
    response: t.AttackLoaded,
  },
  "attack.unload": {
    method: "DELETE",
    path: "/api/v1/ttp/attack/:domain",
    needs: "attack:load",
    stepUp: "defence",
    programsUnproved: true,
    summary:
      "Back to the ATT&CK release that comes with Tyr, or to none of a domain that does not; or show what that would change",
    params: t.AttackUnloadParams,
    query: t.AttackUnloadQuery,
    response: t.AttackLoaded,
  },
} as const satisfies Record<string, RouteDefinition>;
