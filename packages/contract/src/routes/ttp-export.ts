import type { RouteDefinition } from "../route.ts";
import { Facts } from "../schemas/basics.ts";
import * as t from "../schemas/ttp.ts";

/** What was seen, for the tools of others. */
export const ttpExportRoutes = {
  "ttp.exportNavigator": {
    method: "GET",
    path: "/api/v1/ttp/export/navigator",
    needs: "detection:read",
    summary: "A layer for MITRE's ATT&CK Navigator (format 4.5) of everything seen",
    query: t.NavigatorQuery,
    response: Facts,
  },
  "ttp.exportNavigatorOf": {
    method: "GET",
    path: "/api/v1/ttp/export/navigator/:scope/:id",
    needs: "detection:read",
    summary: "A Navigator layer of one attacker, identity or campaign",
    params: t.ExportParams,
    query: t.NavigatorQuery,
    response: Facts,
  },
  "ttp.exportStix": {
    method: "GET",
    path: "/api/v1/ttp/export/stix",
    needs: "detection:read",
    summary: "A STIX 2.1 bundle of everything seen",
    query: t.ExportQuery,
    response: Facts,
  },
  "ttp.exportStixOf": {
    method: "GET",
    path: "/api/v1/ttp/export/stix/:scope/:id",
    needs: "detection:read",
    summary: "A STIX 2.1 bundle of one attacker, identity or campaign",
    params: t.ExportParams,
    query: t.ExportQuery,
    response: Facts,
  },
  "ttp.exportMisp": {
    method: "GET",
    path: "/api/v1/ttp/export/misp",
    needs: "detection:read",
    summary: "A MISP event of everything seen",
    query: t.ExportQuery,
    response: Facts,
  },
  "ttp.exportMispOf": {
    method: "GET",
    path: "/api/v1/ttp/export/misp/:scope/:id",
    needs: "detection:read",
    summary: "A MISP event of one attacker, identity or campaign",
    params: t.ExportParams,
    query: t.ExportQuery,
    response: Facts,
  },
} as const satisfies Record<string, RouteDefinition>;
