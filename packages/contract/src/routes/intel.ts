import type { RouteDefinition } from "../route.ts";
import * as i from "../schemas/intel.ts";

/** What others know of attackers. */
export const intelRoutes = {
  "intel.status": {
    method: "GET",
    path: "/api/v1/intel",
    needs: "detection:read",
    summary: "Lists of indicators in force, who is asked about attackers' addresses, and how that goes",
    response: i.IntelStatus,
  },
  "intel.address": {
    method: "GET",
    path: "/api/v1/intel/addresses/:address",
    needs: "detection:read",
    summary: "What providers said of an address, and the strongest of it; asks nobody",
    params: i.IntelAddressParams,
    response: i.AddressIntel,
  },
  "intel.load": {
    method: "POST",
    path: "/api/v1/intel/lists/:list",
    needs: "intel:load",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Load a list of indicators, or a part of one, as its makers publish it; counts from its last part on",
    params: i.IntelListParams,
    query: i.IntelLoadQuery,
    body: "raw",
    response: i.IntelLoaded,
  },
} as const satisfies Record<string, RouteDefinition>;
