import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import { PageQuery } from "../schemas/basics.ts";
import * as s from "../schemas/collect.ts";

const sensorParams = Type.Object({ id: IdSchema("sensor") });

export const collectRoutes = {
  "event.send": {
    method: "POST",
    path: "/api/v1/events",
    needs: "event:write",
    summary: "Send one event, an array or NDJSON (gzip too) as the sensor of the key",
    query: s.IntakeQuery,
    body: "raw",
    response: s.IntakeReceipt,
  },
  "event.import": {
    method: "POST",
    path: "/api/v1/imports",
    needs: "event:import",
    summary: "Import lines of a log file into a sensor",
    query: s.ImportQuery,
    body: "raw",
    response: s.IntakeReceipt,
  },
  "event.list": {
    method: "GET",
    path: "/api/v1/events",
    needs: "event:read",
    summary: "Events, newest first",
    query: s.EventQuery,
    response: s.EventPage,
  },
  "event.get": {
    method: "GET",
    path: "/api/v1/events/:id",
    needs: "event:read",
    summary: "One event",
    params: Type.Object({ id: IdSchema("event") }),
    response: s.Event,
  },
  "quarantine.list": {
    method: "GET",
    path: "/api/v1/quarantine",
    needs: "event:read",
    summary: "Input that could not be understood, newest first",
    query: Type.Object({
      ...PageQuery,
      sensor: Type.Optional(IdSchema("sensor")),
    }),
    response: s.QuarantinePage,
  },
  "sensor.list": {
    method: "GET",
    path: "/api/v1/sensors",
    needs: "sensor:read",
    summary: "Sensors with their counters",
    response: Type.Object({ items: Type.Array(s.Sensor) }),
  },
  "sensor.get": {
    method: "GET",
    path: "/api/v1/sensors/:id",
    needs: "sensor:read",
    summary: "One sensor",
    params: sensorParams,
    response: s.Sensor,
  },
  "sensor.create": {
    method: "POST",
    path: "/api/v1/sensors",
    needs: "sensor:write",
    stepUp: "secrets",
    programsUnproved: true,
    summary: "Register a sensor; its key is shown once",
    status: 201,
    body: s.SensorCreate,
    response: s.SensorWithKey,
  },
  "sensor.rotate": {
    method: "POST",
    path: "/api/v1/sensors/:id/rotate",
    needs: "sensor:write",
    stepUp: "secrets",
    programsUnproved: true,
    summary: "Replace the key; the old one stops at once",
    params: sensorParams,
    response: s.SensorWithKey,
  },
  "sensor.deactivate": {
    method: "POST",
    path: "/api/v1/sensors/:id/deactivate",
    needs: "sensor:write",
    summary: "Stop taking events from a sensor; its events stay",
    params: sensorParams,
    response: s.Sensor,
  },
} as const satisfies Record<string, RouteDefinition>;
