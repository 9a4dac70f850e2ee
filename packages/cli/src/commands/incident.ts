import { INCIDENT_STATES, SEVERITIES, Verdict, type Incident, type OutputOf, type TimelineItem } from "@tyr/contract";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { severityColor, type Paint } from "../output/color.ts";
import { showInstant } from "../output/instants.ts";
import { pairs, table, type Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { idOf } from "./id-value.ts";
import { printPages, readPages } from "./pages.ts";

const COLUMNS: readonly Column<Incident>[] = [
  { name: "id", value: (row) => row.id },
  { name: "severity", value: (row) => row.severity, color: (row) => severityColor(row.severity) },
  { name: "risk", value: (row) => row.risk.score, right: true },
  { name: "state", value: (row) => row.state },
  { name: "actor", value: (row) => row.actorIp },
  { name: "detections", value: (row) => row.detectionCount, right: true },
  { name: "last event", value: (row) => showInstant(row.lastEventAt) },
  { name: "title", value: (row) => row.title, cuttable: true },
];
const TIMELINE_COLUMNS: readonly Column<TimelineItem>[] = [
  { name: "at", value: (row) => showInstant(row.at) },
  { name: "kind", value: (row) => row.kind },
  { name: "severity", value: (row) => row.severity, color: (row) => severityColor(row.severity ?? "") },
  { name: "by", value: (row) => row.actor?.name },
  { name: "title", value: (row) => row.title, cuttable: true },
  { name: "text", value: (row) => row.text, cuttable: true },
  { name: "ref", value: (row) => row.ref },
];
const CONTRIBUTION_COLUMNS: readonly Column<Incident["risk"]["contributions"][number]>[] = [
  { name: "points", value: (row) => row.points, right: true },
  { name: "detections", value: (row) => row.detections, right: true },
  { name: "rule", value: (row) => row.ruleTitle },
  { name: "reason", value: (row) => row.reason },
];

function card(incident: Incident, paint: Paint): string[] {
  const { risk } = incident;
  const head = `${paint("bold", visible(incident.title))}  ${paint(severityColor(incident.severity), incident.severity)}`;
  const facts = pairs(
    [
      ["id", incident.id],
      ["state", incident.verdict === null ? incident.state : `${incident.state} (${incident.verdict})`],
      ["priority", incident.priority],
      ["category", incident.category],
      ["grouped by", incident.key],
      ["actor", incident.actorIp],
      ["techniques", incident.techniques.join(" ")],
      ["tactics", incident.tactics.join(" ")],
      ["first event", showInstant(incident.firstEventAt)],
      ["last event", showInstant(incident.lastEventAt)],
      ["opened", showInstant(incident.openedAt)],
      ["assignee", incident.assignee?.name],
      ["may move to", incident.legalMoves.join(" ")],
    ],
    paint,
  );
  const sum = [`risk ${risk.score} of 100, from ${incident.detectionCount} detections:`];
  if (risk.contributions.length > 0) sum.push(table(risk.contributions, CONTRIBUTION_COLUMNS, { paint }));
  return [head, ...facts, "", ...sum];
}

function printIncident({ print }: Context, incident: Incident): ExitCode {
  print.one(incident, () => card(incident, print.paint));
  return EXIT.ok;
}

export const list: Run = async (context, input) => {
  const state = input.oneOf("state", INCIDENT_STATES);
  const severity = input.oneOf("severity", SEVERITIES);
  const ip = input.text("ip");
  const filters = {
    ...(state === undefined ? {} : { state }),
    ...(severity === undefined ? {} : { severity }),
    ...(ip === undefined ? {} : { ip }),
    ...(input.flag("open") ? { open: true } : {}),
  };
  const api = await context.api();
  return await printPages(context, input, {
    fetchPage: async (page) => await api.call("incident.list", { query: { ...filters, ...page } }),
    columns: COLUMNS,
    none: "No incidents.",
  });
};

export const show: Run = async (context, input) => {
  const id = idOf("incident", input.value(0, "the incident's id"));
  return printIncident(context, await (await context.api()).call("incident.get", { params: { id } }));
};

export const timeline: Run = async (context, input) => {
  const id = idOf("incident", input.value(0, "the incident's id"));
  const api = await context.api();
  const rows = await readPages<TimelineItem>(
    context,
    input,
    async (query): Promise<OutputOf<"incident.timeline">> =>
      await api.call("incident.timeline", { params: { id }, query }),
  );
  context.print.many(rows, TIMELINE_COLUMNS, "Nothing in the timeline.");
  return EXIT.ok;
};

function verdictOf(input: Input): Verdict | undefined {
  return input.oneOf("verdict", ["true_positive", "false_positive", "benign"] as const satisfies readonly Verdict[]);
}

export const move: Run = async (context, input) => {
  const id = idOf("incident", input.value(0, "the incident's id"));
  const wanted = input.value(1, "the state");
  const to = INCIDENT_STATES.find((state) => state === wanted);
  if (to === undefined)
    throw usage(`${visible(wanted)} is no state of an incident`, `Use one of: ${INCIDENT_STATES.join(", ")}.`);
  const verdict = verdictOf(input);
  const note = input.text("note");
  const body = { to, ...(verdict === undefined ? {} : { verdict }), ...(note === undefined ? {} : { note }) };
  const moved = await (await context.api()).call("incident.move", { params: { id }, body });
  context.print.say(`${moved.id} is ${moved.state} now.`);
  return printIncident(context, moved);
};

export const note: Run = async (context, input) => {
  const id = idOf("incident", input.value(0, "the incident's id"));
  const text = input.value(1, "the text");
  const item = await (await context.api()).call("incident.note", { params: { id }, body: { text } });
  context.print.one(item, () => [table([item], TIMELINE_COLUMNS, { paint: context.print.paint })]);
  return EXIT.ok;
};

export const take: Run = async (context, input) => {
  const id = idOf("incident", input.value(0, "the incident's id"));
  return printIncident(context, await (await context.api()).call("incident.assign", { params: { id } }));
};
