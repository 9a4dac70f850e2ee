import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import { PageQuery } from "../schemas/basics.ts";
import * as d from "../schemas/detect.ts";
import * as e from "../schemas/escalate.ts";

const incidentParams = Type.Object({ id: IdSchema("incident") });

export const detectRoutes = {
  "detection.list": {
    method: "GET",
    path: "/api/v1/detections",
    needs: "detection:read",
    summary: "Detections, newest first",
    query: d.DetectionQuery,
    response: d.DetectionPage,
  },
  "detection.get": {
    method: "GET",
    path: "/api/v1/detections/:id",
    needs: "detection:read",
    summary: "One detection with its tags",
    params: Type.Object({ id: IdSchema("detection") }),
    response: d.Detection,
  },
  "rule.list": {
    method: "GET",
    path: "/api/v1/rules",
    needs: "detection:read",
    summary: "The rule pack in force and what was rejected",
    response: d.RuleList,
  },
  "incident.list": {
    method: "GET",
    path: "/api/v1/incidents",
    needs: "incident:read",
    summary: "Incidents, last touched first",
    query: e.IncidentQuery,
    response: e.IncidentPage,
  },
  "incident.get": {
    method: "GET",
    path: "/api/v1/incidents/:id",
    needs: "incident:read",
    summary: "One incident with its listed risk",
    params: incidentParams,
    response: e.Incident,
  },
  "incident.timeline": {
    method: "GET",
    path: "/api/v1/incidents/:id/timeline",
    needs: "incident:read",
    summary: "Events, detections, actions, notes and moves in one order, oldest first",
    params: incidentParams,
    query: Type.Object({
      ...PageQuery,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 200 })),
    }),
    response: e.Timeline,
  },
  "incident.move": {
    method: "POST",
    path: "/api/v1/incidents/:id/move",
    needs: "incident:write",
    summary: "Move an incident to another state",
    params: incidentParams,
    body: e.IncidentMove,
    response: e.Incident,
  },
  "incident.note": {
    method: "POST",
    path: "/api/v1/incidents/:id/notes",
    needs: "incident:write",
    summary: "Write a note",
    status: 201,
    params: incidentParams,
    body: e.IncidentNote,
    response: e.TimelineItem,
  },
  "incident.assign": {
    method: "POST",
    path: "/api/v1/incidents/:id/assign",
    needs: "incident:write",
    summary: "Take the incident oneself",
    params: incidentParams,
    response: e.Incident,
  },
} as const satisfies Record<string, RouteDefinition>;
