import { ATTACKER_ORDERS, type Attacker, type AttackerRow, type AttackerSession } from "@tyr/contract";
import type { Run } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Paint } from "../output/color.ts";
import { showInstant } from "../output/instants.ts";
import { pairs, table, type Column } from "../output/table.ts";
import { visible } from "../output/visible-text.ts";
import { idOf } from "./id-value.ts";
import { printPages } from "./pages.ts";

export const ATTACKERS: readonly Column<AttackerRow>[] = [
  { name: "address", value: (row) => row.address },
  { name: "risk", value: (row) => row.riskScore, right: true },
  { name: "events", value: (row) => row.eventCount, right: true },
  { name: "detections", value: (row) => row.detectionCount, right: true },
  { name: "behaviour", value: (row) => row.behaviour ?? "unknown" },
  { name: "last seen", value: (row) => showInstant(row.lastSeenAt) },
  { name: "identity", value: (row) => row.identityId },
  { name: "campaign", value: (row) => row.campaignId },
];
const SESSIONS: readonly Column<AttackerSession>[] = [
  { name: "session", value: (row) => row.session, cuttable: true },
  { name: "started", value: (row) => showInstant(row.startedAt) },
  { name: "events", value: (row) => row.events, right: true },
  { name: "logins", value: (row) => `${row.loginsSucceeded}/${row.logins}`, right: true },
  { name: "commands", value: (row) => row.commands, right: true },
  { name: "files", value: (row) => row.payloads, right: true },
];
const RISKS: readonly Column<Attacker["risk"]["contributions"][number]>[] = [
  { name: "points", value: (row) => row.points, right: true },
  { name: "rule", value: (row) => row.ruleTitle },
  { name: "reason", value: (row) => row.reason },
];
/** Sessions a card shows; the API has more. */
const SESSIONS_SHOWN = 20;

export const list: Run = async (context, input) => {
  const [sort, ip, service] = [input.oneOf("sort", ATTACKER_ORDERS), input.text("ip"), input.text("service")];
  const [identity, campaign] = [input.text("identity"), input.text("campaign")];
  const minRisk = input.whole("min-risk", { min: 0, max: 100 });
  const filters = {
    ...(sort === undefined ? {} : { sort }),
    ...(ip === undefined ? {} : { ip }),
    ...(service === undefined ? {} : { service }),
    ...(identity === undefined ? {} : { identity: idOf("identity", identity) }),
    ...(campaign === undefined ? {} : { campaign: idOf("campaign", campaign) }),
    ...(minRisk === undefined ? {} : { minRisk }),
  };
  const api = await context.api();
  return await printPages(context, input, {
    fetchPage: async (page) => await api.call("attacker.list", { query: { ...filters, ...page } }),
    columns: ATTACKERS,
    none: "No attacker was seen.",
  });
};

function card(one: Attacker, sessions: readonly AttackerSession[], paint: Paint): string[] {
  const { traces, risk } = one;
  const names = (list: readonly string[]): string => list.map(visible).join(" ");
  const facts = pairs(
    [
      ["id", one.id],
      ["address", one.private ? `${one.address} (not public)` : one.address],
      ["network", one.asn ?? "unknown"],
      ["behaviour", one.behaviour ?? "unknown"],
      ["identity", one.identityId],
      ["campaign", one.campaignId],
      ["first seen", showInstant(one.firstSeenAt)],
      ["last seen", showInstant(one.lastSeenAt)],
      ["services", names(one.services.map(({ name }) => name))],
      ["sensors", names(one.sensors.map(({ id, name }) => name ?? id))],
      ["phases", names([...new Set(one.phases.map(({ phase }) => phase))])],
      ["HASSH", names(traces.hassh)],
      ["JA3", names(traces.ja3)],
      ["JA4", names(traces.ja4)],
      ["clients", names(traces.clientVersions)],
      ["files", names(traces.payloads)],
      ["fetched from", names(traces.c2)],
      [
        "tried",
        `${traces.usernameCount} accounts, ${traces.credentialCount} passwords, ${traces.commandCount} commands`,
      ],
    ],
    paint,
  );
  const sum = [`risk ${risk.score} of 100, from ${one.detectionCount} detections:`];
  if (risk.contributions.length > 0) sum.push(table(risk.contributions, RISKS, { paint }));
  const shown = sessions.slice(0, SESSIONS_SHOWN);
  return [...facts, "", ...sum, "", ...(shown.length > 0 ? [table(shown, SESSIONS, { paint })] : ["No session."])];
}

export const show: Run = async ({ api, print }, input) => {
  const params = { id: input.value(0, "ATTACKER") };
  const { call } = await api();
  const attacker = await call("attacker.get", { params });
  const { items } = await call("attacker.sessions", { params });
  print.one({ ...attacker, sessions: items }, () => card(attacker, items, print.paint));
  return EXIT.ok;
};
