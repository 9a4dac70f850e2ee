import { readFileSync } from "node:fs";
import type { AttackMatrix, Detection, MatrixSubTechnique, OutputOf, TagDetail } from "@tyr/contract";
import type { Answers } from "./answers.ts";
import { idOf, numberOf, randomFrom, RULES } from "./make.ts";
import { Refused } from "./refused.ts";
import type { World } from "./world.ts";

type Listed = readonly [name: string, tactics: readonly string[], stixId: string];
type Bundle = Readonly<{
  release: string;
  domain: string;
  name: string;
  notice: string;
  tactics: Readonly<Record<string, readonly [id: string, name: string]>>;
  techniques: Readonly<Record<string, Listed>>;
  groups: Readonly<Record<string, readonly [name: string, aliases: readonly string[], uses: readonly string[]]>>;
}>;

/** The release the product ships: a matrix of the size people look at. */
const FILE = new URL("../../../server/src/pipeline/detect/attack/enterprise-attack.json", import.meta.url);
let bundle: Bundle | undefined;
function shipped(): Bundle {
  bundle ??= JSON.parse(readFileSync(FILE, "utf8")) as Bundle;
  return bundle;
}

const urlOf = (id: string): string => `https://attack.mitre.org/techniques/${id.replace(".", "/")}/`;

function cellsOf(world: World): (id: string, name: string, tactic: string) => MatrixSubTechnique {
  const random = randomFrom(5);
  return (id, name, tactic) => {
    const mine = RULES.filter((rule) => (rule.sub ?? rule.technique) === id && rule.tactic === tactic);
    const times = world.detections.filter((one) =>
      one.tags.some((tag) => (tag.subTechnique ?? tag.technique) === id && tag.tactic === tactic),
    );
    const others = random() < 0.12 ? 1 + Math.floor(random() * 4) : 0;
    const seen = others > 0 && random() < 0.5 ? Math.floor(10 ** (random() * 4)) : 0;
    const rules = mine.length + others;
    const [last] = times;
    return {
      id,
      name,
      url: urlOf(id),
      rules,
      enabled: random() < 0.1 ? 0 : rules,
      tested: Math.floor(rules * random() + 0.5),
      seen: world.detections.length === 0 ? 0 : times.length * 61 + seen,
      lastSeenAt: last?.time ?? null,
    };
  };
}

function makeMatrix(world: World, confidence: number): AttackMatrix {
  const { tactics, techniques, name, release, domain, notice } = shipped();
  const cell = cellsOf(world);
  const listed = Object.entries(techniques);
  return {
    domain,
    domains: [domain, "ics-attack"],
    release,
    name,
    notice,
    from: null,
    to: null,
    confidence,
    tactics: Object.entries(tactics).map(([shortName, [id, title]]) => ({
      id,
      shortName,
      name: title,
      phase: shortName.replaceAll("-", "_"),
      techniques: listed
        .filter(([one, [, of]]) => !one.includes(".") && of.includes(shortName))
        .map(([one, [called]]) => ({
          ...cell(one, called, shortName),
          subTechniques: listed
            .filter(([part, [, of]]) => part.startsWith(`${one}.`) && of.includes(shortName))
            .map(([part, [word]]) => cell(part, word, shortName)),
        })),
    })),
  };
}

type Seen = OutputOf<"ttp.techniques">["items"][number];

const nameOf = (id: string | null): string | null => (id === null ? null : (shipped().techniques[id]?.[0] ?? null));

function rowOf({ tags: [tag], time, ruleId }: Detection): Seen | undefined {
  if (tag === undefined) return undefined;
  const [tacticId = null, tacticName = null] = shipped().tactics[tag.tactic] ?? [];
  return {
    domain: "enterprise-attack",
    technique: tag.technique,
    subTechnique: tag.subTechnique,
    name: nameOf(tag.technique),
    subTechniqueName: nameOf(tag.subTechnique),
    tactic: tag.tactic,
    tacticId,
    tacticName,
    phase: null,
    count: 1,
    firstSeenAt: time,
    lastSeenAt: time,
    confidenceMax: tag.confidence,
    rules: [ruleId],
    attackReleases: ["18.1"],
    identityCount: 1,
    url: urlOf(tag.subTechnique ?? tag.technique),
  };
}

/** What the detections of some addresses were tagged with; undefined: of all. */
function seenBy(world: World, addresses: readonly string[] | undefined): Seen[] {
  const rows = new Map<string, Seen>();
  for (const detection of world.detections) {
    const row = rowOf(detection);
    if (row === undefined || addresses?.includes(detection.actorIp ?? "") === false) continue;
    const key = row.subTechnique ?? row.technique;
    const old = rows.get(key);
    rows.set(key, old === undefined ? row : { ...old, count: old.count + 1, firstSeenAt: row.firstSeenAt });
  }
  return [...rows.values()];
}

function tagsOf(world: World, addresses: readonly string[], technique: string): TagDetail[] {
  return world.detections
    .filter(({ actorIp }) => addresses.includes(actorIp ?? ""))
    .flatMap(({ tags, ...detection }) =>
      tags
        .filter((tag) => tag.technique === technique)
        .map((tag) => ({
          ...tag,
          detectionId: detection.id,
          sourceKind: "command",
          sourceId: detection.eventIds[0] ?? idOf("event", 1),
          ruleId: detection.ruleId,
          ruleTitle: detection.ruleTitle,
          ruleVersion: detection.ruleVersion,
          domain: "enterprise-attack",
          attackRelease: "18.1",
          observation: detection.actorIp,
          identity: null,
          session: null,
          seenAt: detection.time,
          url: urlOf(tag.subTechnique ?? tag.technique),
        })),
    )
    .slice(0, 10);
}

const addressesOf = (world: World, id: string): readonly string[] =>
  world.attackers
    .filter((one) => [one.id, one.address, one.identityId, one.campaignId].includes(id))
    .map(({ address }) => address);
const told = (items: Seen[], hidden = 0) => ({ items, from: null, to: null, confidence: 0.6, hidden });

export const attackAnswers: Answers = {
  "ttp.matrix": ({ query }, { world }) => makeMatrix(world, numberOf(query?.confidence, 0.6)),
  "ttp.techniques": (_, { world }) => told(seenBy(world, undefined)),
  "ttp.byAttacker": ({ params }, { world }) => told(seenBy(world, addressesOf(world, params.id)), 3),
  "ttp.byIdentity": ({ params }, { world }) => told(seenBy(world, addressesOf(world, params.id))),
  "ttp.byCampaign": ({ params }, { world }) => told(seenBy(world, addressesOf(world, params.id))),
  "ttp.tagsByAttacker": ({ params }, { world }) => ({
    items: tagsOf(world, addressesOf(world, params.id), params.technique),
  }),
  "ttp.tagsByIdentity": ({ params }, { world }) => ({
    items: tagsOf(world, addressesOf(world, params.id), params.technique),
  }),
  "ttp.groups": ({ params }) => {
    const { techniques, groups, domain, release } = shipped();
    const name = techniques[params.id]?.[0];
    if (name === undefined) throw new Refused("NOT_FOUND", `no technique ${params.id}`);
    const items = Object.entries(groups)
      .filter(([, [, , uses]]) => uses.includes(params.id))
      .map(([id, [called, aliases]]) => ({
        id,
        name: called,
        aliases: [...aliases],
        url: `https://attack.mitre.org/groups/${id}/`,
      }));
    const notice = "Groups MITRE has seen use this technique. Not an attribution claim.";
    return { technique: params.id, name, domain, release, notice, items };
  },
};
