import { stat } from "node:fs/promises";
import { explain as explainRule, type Explanation, type Fields, routeEvent, type SigmaEvent } from "@tyr/sigma";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { systemCode, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import type { Paint } from "../output/color.ts";
import { visible } from "../output/visible-text.ts";
import { sourceName } from "../rule/coverage.ts";
import { isJsonObject, readEventText } from "../rule/event-text.ts";
import { findRule } from "../rule/find-rule.ts";
import { usableRules } from "../rule/load-rule-set.ts";
import { pathsOf } from "../rule/rule-paths.ts";
import { serverParts } from "../rule/server-parts.ts";

const FORMATS = ["auto", "cowrie", "sshd", "access", "json"] as const;

/** JSON is an event as it is, by the engine's routing table; a line, or with `--format`, is read as at intake. */
async function readEvent({ world }: Context, input: Input): Promise<SigmaEvent> {
  const line = input.whole("line", { min: 1, max: Number.MAX_SAFE_INTEGER });
  const text = await readEventText(input.value(1, "the event"), line, world);
  const format = input.oneOf("format", FORMATS);
  if (format === undefined && isJsonObject(text)) {
    const fields = JSON.parse(text) as Fields;
    return { id: "event", timeMs: 0, logsource: routeEvent(fields), fields, raw: text };
  }
  const { readRuleLine } = await serverParts();
  const year = input.whole("year", { min: 1970, max: 9999 }) ?? new Date(world.now()).getUTCFullYear();
  const read = readRuleLine(text, { format: format ?? "auto", year });
  if (!read.ok)
    throw usage(`the event cannot be read: ${visible(read.reason)}`, "Give a JSON object or a raw log line.");
  const { id, logsource, fields, ecs, raw, time } = read.event;
  return { id, timeMs: time.getTime(), logsource, fields: { ...fields, ...ecs }, raw };
}

/** Where rules are looked for: what `--rules` names, and the file of the rule; without both, as for the other commands. */
async function placesOf(context: Context, input: Input, rule: string): Promise<readonly string[]> {
  const given = input.texts("rules");
  const isFile = await exists(rule);
  return isFile ? [rule, ...given] : await pathsOf(context, given);
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return false;
    throw error;
  }
}

/** The lines of the rule its answer rests on. */
function decidedBy(node: Explanation): readonly Readonly<{ item: string; matched: boolean; why: string }>[] {
  if (!node.decisive) return [];
  const { item, matched, why, children } = node;
  return children.length === 0 ? [{ item, matched, why }] : children.flatMap(decidedBy);
}

function treeLines(node: Explanation, paint: Paint, depth = 0): readonly string[] {
  const mark = paint(node.matched ? "green" : "red", node.matched ? "yes" : "no ");
  const item = node.decisive ? paint("bold", visible(node.item)) : visible(node.item);
  const line = `${node.decisive ? ">" : " "} ${mark} ${"  ".repeat(depth)}${item}: ${visible(node.why)}`;
  return [line, ...node.children.flatMap((child) => treeLines(child, paint, depth + 1))];
}

export const explain: Run = async (context, input) => {
  const given = input.value(0, "the rule");
  const { ruleSet } = await usableRules(context, input, await placesOf(context, input, given));
  const rule = findRule(ruleSet, given);
  const event = await readEvent(context, input);
  const { matched, applies, tree } = explainRule(rule, event);
  const { key, title, path, line, logsource } = rule;
  const answer = {
    rule: { key, title, path, line },
    matched,
    applies,
    ruleLogsource: { product: logsource.product, category: logsource.category, service: logsource.service },
    eventLogsource: event.logsource,
    decidedBy: applies ? decidedBy(tree) : [],
    tree,
  };
  const { product, category, service } = event.logsource;
  const eventSource = [product, ...[category ?? []].flat(), service].filter((part) => part !== undefined).join(" ");
  context.print.one(answer, () => [
    visible(`${title} (${key}) ${path}:${line}`),
    matched ? context.print.paint("green", "matches") : context.print.paint("red", "does not match"),
    visible(
      `log source: the rule asks for ${sourceName(logsource)}, the event is ${eventSource || "of no known kind"}`,
    ),
    ...(applies ? [] : ["  so the rule is not about this event at all; otherwise it would be so:"]),
    ...treeLines(tree, context.print.paint),
  ]);
  return EXIT.ok;
};
