import { stat } from "node:fs/promises";
import { explain as explainRule, type Explanation, type SigmaEvent } from "@tyr/sigma";
import type { Context, Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { systemCode, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import type { Paint } from "../output/color.ts";
import { visible } from "../output/visible-text.ts";
import { sourceName } from "../rule/coverage.ts";
import { decidedBy } from "../rule/decided-by.ts";
import { eventReader } from "../rule/event-reader.ts";
import { readEventText } from "../rule/event-text.ts";
import { findRule } from "../rule/find-rule.ts";
import { usableRules } from "../rule/load-rule-set.ts";
import { pathsOf } from "../rule/rule-paths.ts";
import { explainSequence } from "./rule-explain-sequence.ts";

async function readEvent({ world }: Context, input: Input): Promise<SigmaEvent> {
  const line = input.whole("line", { min: 1, max: Number.MAX_SAFE_INTEGER });
  const text = await readEventText(input.value(1, "the event"), line, world);
  const read = await eventReader(input, world)(text, 0);
  if (!read.ok)
    throw usage(`the event cannot be read: ${visible(read.reason)}`, "Give a JSON object or a raw log line.");
  return read.event;
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
  if (rule.kind === "correlation") return await explainSequence(context, input, { ruleSet, rule });
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
