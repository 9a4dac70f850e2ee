import type { RouteDefinition } from "../route.ts";
import { Settings, SettingsEdit } from "../schemas/settings.ts";

export const settingsRoutes = {
  "settings.get": {
    method: "GET",
    path: "/api/v1/settings",
    needs: "policy:read",
    summary: "Modes by themselves, limits per minute, when automation proposes, time zone",
    response: Settings,
  },
  "settings.edit": {
    method: "PATCH",
    path: "/api/v1/settings",
    needs: "settings:write",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Change settings; what is left out stays, null clears the notes",
    body: SettingsEdit,
    response: Settings,
  },
} as const satisfies Record<string, RouteDefinition>;
