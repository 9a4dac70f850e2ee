import {
  ok,
  refuse,
  type Detection,
  type DetectionId,
  type IncidentId,
  type InputOf,
  type OutputOf,
  type Result,
} from "@tyr/contract";
import {
  detectionById,
  detectionsByIds,
  hitsByRule,
  listDetections,
  type RulePack,
  type StoredDetection,
} from "#detect";
import { detectionIdsOf, incidentIdsOf } from "#escalate";
import { pageOf, type Database, type Page, type PageBefore, type ReadDatabase } from "#platform/database";
import { askedAddress } from "./asked-address.ts";
import type { Handlers } from "./handler.ts";
import { answerOf, beforeOf } from "./page-position.ts";
import { toRule } from "./rule-view.ts";

export type DetectionDeps = Readonly<{
  database: Pick<Database, "read">;
  /** The pack in force at the moment of asking. */ rules: () => RulePack;
}>;

export function detectionHandlers({
  database: { read },
  rules,
}: DetectionDeps): Pick<Handlers, "detection.list" | "detection.get" | "rule.list"> {
  return {
    "detection.list": async ({ query }) => await list(read, query),
    "detection.get": async ({ params: { id } }) => {
      const found = await detectionById(read, id);
      if (found === undefined) return refuse("NOT_FOUND", `there is no detection ${id}`);
      return ok(toDetection(found, await incidentIdsOf(read, [id])));
    },
    "rule.list": async () => {
      const hits = await hitsByRule(read);
      const pack = rules();
      const views = [...pack.rules.values()].map((rule) => toRule(rule, hits.get(rule.id)));
      return ok({ packDigest: pack.digest, rules: views, rejected: [...pack.rejected] });
    },
  };
}

type Asked = InputOf<"detection.list">["query"];
type Query = Omit<Asked, "ip"> & { ip: string | undefined };

async function list(read: ReadDatabase, query: Asked): Promise<Result<OutputOf<"detection.list">>> {
  const before = beforeOf(query.after);
  if (!before.ok) return before;
  const asked = askedAddress("ip", query.ip);
  if (!asked.ok) return asked;
  const limit = query.limit ?? 50;
  const { rule, technique, incident, event } = query;
  const ip = asked.value;
  const page = { before: before.value, limit };
  const found =
    incident === undefined
      ? await listDetections(read, { filter: { ip, rule, technique, event }, ...page })
      : await ofIncident(read, incident, { query: { ...query, ip }, ...page });
  const incidents = await incidentIdsOf(
    read,
    found.rows.map(({ id }) => id),
  );
  return ok(answerOf(found, (one) => toDetection(one, incidents)));
}

const CHUNK = 500;

/** Detections of one incident that also meet the other filters, newest first. */
async function ofIncident(
  read: ReadDatabase,
  incident: IncidentId,
  { query, before, limit }: { query: Query } & PageBefore<number>,
): Promise<Page<StoredDetection, number>> {
  const found: StoredDetection[] = [];
  for (let from = before; found.length <= limit;) {
    const ids = await detectionIdsOf(read, incident, { before: from, limit: CHUNK });
    const chunk = (await detectionsByIds(read, ids)).toReversed();
    found.push(...chunk.filter((one) => meets(one, query)));
    if (ids.length < CHUNK) break;
    from = chunk.at(-1)?.position ?? 0;
  }
  return pageOf(found, limit, ({ position }) => position);
}

function meets(detection: StoredDetection, { ip, rule, technique, event }: Query): boolean {
  const wanted = technique?.toUpperCase();
  return (
    (ip === undefined || detection.actorIp === ip) &&
    (rule === undefined || detection.ruleId === rule) &&
    (event === undefined || detection.eventIds.includes(event)) &&
    (wanted === undefined || detection.tags.some((tag) => tag.technique === wanted || tag.subTechnique === wanted))
  );
}

function toDetection(detection: StoredDetection, incidents: ReadonlyMap<DetectionId, IncidentId>): Detection {
  const { phrase: _phrase, sensorName: _sensorName, ...shown } = detection;
  return {
    ...shown,
    position: String(detection.position),
    time: detection.time.toISOString(),
    firstEventAt: detection.firstEventAt.toISOString(),
    lastEventAt: detection.lastEventAt.toISOString(),
    groupKey: { ...detection.groupKey },
    eventIds: [...detection.eventIds],
    tags: detection.tags.map(({ id, technique, subTechnique, tactic, confidence, evidence }) => {
      return { id, technique, subTechnique, tactic, confidence, evidence: { ...evidence } };
    }),
    incidentId: incidents.get(detection.id) ?? null,
  };
}
