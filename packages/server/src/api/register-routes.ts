import { PERMISSION_NAMES, type Result, type RouteDefinition, type RouteId } from "@tyr/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from "fastify";
import { Compile } from "typebox/compile";
import type { Logger } from "#platform/log";
import { onSpan, type SpanName, traced } from "#platform/trace";
import { openCall, sendAnswer } from "./answer.ts";
import type { Call } from "./handler.ts";
import { placeOf, type Gate, type Route } from "./gate.ts";
import type { Live } from "./live.ts";
import { sendRefusal } from "./problem.ts";
import { acceptBytes, PUBLIC_BODY_BYTES_MAX, RAW_BODY_BYTES_MAX, type InFlight } from "./raw-body.ts";
import { inputReader } from "./validate.ts";

/** A route nobody guards or nobody answers. The server does not start. */
export class RouteIncomplete extends Error {
  override readonly name = "RouteIncomplete";
  readonly code = "ROUTE_INCOMPLETE";
}

type AnyHandler = (input: unknown, call: Call) => Promise<Result<unknown>>;
export type RegisterDeps = Readonly<{
  routes: Readonly<Record<string, RouteDefinition>>;
  handlers: Readonly<Record<string, unknown>>;
  gate: Gate;
  live: Live;
  inFlight: InFlight;
  log: Logger;
  checkAnswers: boolean;
}>;

/** @throws {RouteIncomplete} `ROUTE_INCOMPLETE` */
function checkRoute({ id, definition }: Route, handler: unknown): AnyHandler {
  const needs: unknown = definition.needs;
  const guarded = needs === "public" || (PERMISSION_NAMES as readonly unknown[]).includes(needs);
  if (!guarded) throw new RouteIncomplete(`the route ${id} names no permission: ${String(needs)}`);
  if (definition.response === "websocket")
    return async () => await Promise.reject(new RouteIncomplete(`${id} is a WebSocket`));
  if (typeof handler !== "function") throw new RouteIncomplete(`the route ${id} has no handler`);
  return handler as AnyHandler;
}

/** In tests an answer that is not what the contract says is a failure; in production it costs nothing. */
function answerCheck({ id, definition }: Route): (value: unknown) => void {
  const { response } = definition;
  if (typeof response === "string") return () => undefined;
  const validator = Compile(response);
  return (value) => {
    if (validator.Check(value)) return;
    const [first] = validator.Errors(value);
    throw new TypeError(`the answer of ${id} is not what the contract says: ${first?.instancePath} ${first?.message}`);
  };
}

const TTP_PATH = "/api/v1/ttp/";

/** Requests about techniques and rules, as spans named after their route: never after what somebody asked for. */
function tracedAnswer({ id, definition }: Route, answer: AnyHandler): AnyHandler {
  if (!definition.path.startsWith(TTP_PATH)) return answer;
  const name: SpanName = `api.ttp.${id.replace(/^ttp\./, "")}`;
  return async (input, call) =>
    await traced(name, async () => {
      const outcome = await answer(input, call);
      if (!outcome.ok) onSpan({ error_code: outcome.refusal.code });
      return outcome;
    });
}

function handlerOf(route: Route, answer: AnyHandler, deps: RegisterDeps) {
  const read = inputReader(route.definition);
  const check = deps.checkAnswers ? answerCheck(route) : () => undefined;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const place = placeOf(route, request.id);
    const input = read(request);
    if (!input.ok) {
      await deps.gate.within(route, request, async () => {
        await deps.gate.note(route, request, { why: "input refused", caller: deps.gate.callerOf(request) });
      });
      return sendRefusal(reply, input.refusal, place);
    }
    const by = { caller: deps.gate.callerOf(request), address: deps.gate.addressOf(request), log: deps.log };
    const { call, status } = openCall(request, reply, by);
    const outcome = await deps.gate.within(route, request, async () => await answer(input.value, call));
    if (!outcome.ok) return sendRefusal(reply, outcome.refusal, place);
    const given = status();
    if (given === undefined) check(outcome.value);
    return sendAnswer(reply, { definition: route.definition, status: given }, outcome.value);
  };
}

function guardOf(route: Route, { gate, inFlight }: RegisterDeps): onRequestAsyncHookHandler {
  return async (request, reply) => {
    if (!(await gate.admit(route, request, reply))) return reply;
    if (route.definition.body !== "raw") return undefined;
    const refused = inFlight.open(request, reply, gate.holderOf(request));
    return refused === undefined ? undefined : sendRefusal(reply, refused.refusal, placeOf(route, request.id));
  };
}

function liveOptions(route: Route, { gate, live }: RegisterDeps) {
  const read = inputReader(route.definition);
  return {
    wsHandler: (socket: Parameters<Live["connect"]>[0], request: FastifyRequest): void => {
      const input = read(request);
      if (input.ok) live.connect(socket, gate.callerOf(request), input.value.query as Parameters<Live["connect"]>[2]);
      else socket.close(1008, "VALIDATION_FAILED");
    },
    handler: async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
      sendRefusal(
        reply,
        { code: "VALIDATION_FAILED", detail: "this address speaks WebSocket only" },
        placeOf(route, request.id),
      ),
  };
}

/**
 * Registers exactly the routes of the contract, each with its guard before its body is read.
 *
 * @throws {RouteIncomplete} `ROUTE_INCOMPLETE` for a route without permission or handler
 */
export function registerRoutes(app: FastifyInstance, deps: RegisterDeps): void {
  const all = Object.entries(deps.routes).map(([id, definition]): Route => ({ id: id as RouteId, definition }));
  const heads = new Set(all.filter((one) => one.definition.method === "HEAD").map((one) => one.definition.path));
  const register = (scope: FastifyInstance, route: Route): void => {
    const { method, path, response, body, needs } = route.definition;
    const answer = tracedAnswer(route, checkRoute(route, deps.handlers[route.id]));
    const exposeHeadRoute = method === "GET" && response !== "websocket" && !heads.has(path);
    const common = { method, url: path, exposeHeadRoute, onRequest: guardOf(route, deps) };
    if (response === "websocket") scope.route({ ...common, ...liveOptions(route, deps) });
    else
      scope.route({
        ...common,
        ...(body === "raw" ? { bodyLimit: needs === "public" ? PUBLIC_BODY_BYTES_MAX : RAW_BODY_BYTES_MAX } : {}),
        handler: handlerOf(route, answer, deps),
      });
  };
  for (const route of all.filter((one) => one.definition.body !== "raw")) register(app, route);
  app.register(async (scope) => {
    acceptBytes(scope, deps.inFlight);
    for (const route of all.filter((one) => one.definition.body === "raw")) register(scope, route);
  });
}
