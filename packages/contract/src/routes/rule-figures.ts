import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as b from "../schemas/backtests.ts";
import * as f from "../schemas/rule-figures.ts";
import { RuleId } from "../schemas/rules.ts";

const ruleParams = Type.Object({ id: RuleId });

/** Without the list of rules and their states, which is in `rules.ts`. */
export const ruleFigureRoutes = {
  "rule.figures": {
    method: "GET",
    path: "/api/v1/ttp/rules/:id/figures",
    needs: "detection:read",
    summary: "What a rule found, costs and is worth, and whether anything that comes in could make it find something",
    params: ruleParams,
    query: f.RuleFiguresQuery,
    response: f.RuleFigures,
  },
  "rule.figureList": {
    method: "GET",
    path: "/api/v1/ttp/rule-figures",
    needs: "detection:read",
    summary: "The same of every rule in force, or of those that never found anything",
    query: f.RuleFiguresListQuery,
    response: f.RuleFiguresList,
  },
} as const satisfies Record<string, RouteDefinition>;

const backtestParams = Type.Object({ id: IdSchema("backtest") });
const backfillParams = Type.Object({ id: IdSchema("backfill") });

/** One backtest or backfill runs at a time; the last results are kept until the server stops. */
export const backtestRoutes = {
  "backtest.create": {
    method: "POST",
    path: "/api/v1/ttp/backtests",
    needs: "rule:backtest",
    summary: "Try a draft or a rule in force on stored events, in the background; nothing is stored",
    status: 202,
    body: b.BacktestNew,
    response: b.Backtest,
  },
  "backtest.list": {
    method: "GET",
    path: "/api/v1/ttp/backtests",
    needs: "rule:backtest",
    summary: "Backtests since the start of the server, newest first",
    response: b.BacktestList,
  },
  "backtest.get": {
    method: "GET",
    path: "/api/v1/ttp/backtests/:id",
    needs: "rule:backtest",
    summary: "How far a backtest is, and what it found",
    params: backtestParams,
    response: b.Backtest,
  },
  "backtest.cancel": {
    method: "DELETE",
    path: "/api/v1/ttp/backtests/:id",
    needs: "rule:backtest",
    summary: "End a backtest; what it found so far stays to be read",
    params: backtestParams,
    response: b.Backtest,
  },
} as const satisfies Record<string, RouteDefinition>;

export const backfillRoutes = {
  "backfill.create": {
    method: "POST",
    path: "/api/v1/ttp/backfills",
    needs: "rule:backfill",
    summary: "Let a rule in force find in older events: detections and tags, marked, without telling anybody",
    status: 202,
    body: b.BackfillNew,
    response: b.Backfill,
  },
  "backfill.list": {
    method: "GET",
    path: "/api/v1/ttp/backfills",
    needs: "detection:read",
    summary: "Backfills since the start of the server, newest first",
    response: b.BackfillList,
  },
  "backfill.get": {
    method: "GET",
    path: "/api/v1/ttp/backfills/:id",
    needs: "detection:read",
    summary: "How far a backfill is, and what it wrote",
    params: backfillParams,
    response: b.Backfill,
  },
  "backfill.cancel": {
    method: "DELETE",
    path: "/api/v1/ttp/backfills/:id",
    needs: "rule:backfill",
    summary: "End a backfill; what it wrote stays",
    params: backfillParams,
    response: b.Backfill,
  },
} as const satisfies Record<string, RouteDefinition>;
