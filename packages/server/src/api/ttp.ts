import {
  CONFIDENCE_SHOWN_MIN,
  isId,
  ok,
  refuse,
  type AttackMatrix,
  type InputOf,
  type OutputOf,
  type Refused,
  type Result,
  type TagDetail,
  type TechniqueSeen,
} from "@tyr/contract";
import type { LadderAnchors } from "#actors";
import { canonicalAddress, observationIdOf } from "#collect";
import {
  cellKey,
  coverageByCell,
  ENTERPRISE,
  groupsUsing,
  listTags,
  matrixOf,
  phaseOf,
  releaseOf,
  seenTechniques,
  tacticOf,
  techniqueName,
  techniqueUrl,
  testedRules,
  wholeHours,
  type AttackCatalogue,
  type CellFigures,
  type RulePack,
  type RuleStates,
  type SeenTechnique,
  type StoredTag,
  type TtpFilter,
  type TtpScope,
} from "#detect";
import type { Database } from "#platform/database";
import { onSpan } from "#platform/trace";
import type { Handlers } from "./handler.ts";

export type TtpDeps = Readonly<{
  database: Pick<Database, "read">;
  rules: () => RulePack;
  states: Pick<RuleStates, "all">;
  rulesDir: string;
  ladder: LadderAnchors;
}>;
type TtpRoutes =
  | "ttp.techniques"
  | "ttp.byAttacker"
  | "ttp.byIdentity"
  | "ttp.byCampaign"
  | "ttp.bySession"
  | "ttp.tagsByAttacker"
  | "ttp.tagsByIdentity"
  | "ttp.tagsBySession"
  | "ttp.groups"
  | "ttp.matrix";

export function ttpHandlers(deps: TtpDeps): Pick<Handlers, TtpRoutes> {
  const { ladder } = deps;
  const tested = testedInPack(deps);
  return {
    "ttp.techniques": async ({ query }) => await techniques(deps, { of: "everybody" }, query),
    "ttp.byAttacker": async ({ params, query }) => {
      const scope = await attackerScope(ladder, params.id);
      return scope.ok ? await techniques(deps, scope.value, query) : scope;
    },
    "ttp.byIdentity": async ({ params, query }) =>
      await techniques(deps, { of: "anchors", anchors: await anchorsOfIdentity(ladder, params.id) }, query),
    "ttp.byCampaign": async ({ params, query }) => await ofCampaign(deps, params.id, query),
    "ttp.bySession": async ({ params, query }) => await techniques(deps, { of: "session", session: params.id }, query),
    "ttp.tagsByAttacker": async ({ params, query }) => {
      const scope = await attackerScope(ladder, params.id);
      return scope.ok ? await tags(deps, scope.value, { ...query, technique: params.technique }) : scope;
    },
    "ttp.tagsByIdentity": async ({ params: { id, technique }, query }) =>
      await tags(deps, { of: "anchors", anchors: await anchorsOfIdentity(ladder, id) }, { ...query, technique }),
    "ttp.tagsBySession": async ({ params: { id, technique }, query }) =>
      await tags(deps, { of: "session", session: id }, { ...query, technique }),
    "ttp.groups": async ({ params, query }) => groups(deps.rules().attack, params.id, query.domain),
    "ttp.matrix": async ({ query }) => await matrix(deps, query, tested),
  };
}

/** One source address, by itself or by the id of its observation. One nobody has seen has no techniques. */
export async function attackerScope(ladder: LadderAnchors, id: string): Promise<Result<TtpScope>> {
  const address = isId("observation", id) ? await ladder.addressOf(id) : canonicalAddress(id);
  if (address === undefined && !isId("observation", id))
    return refuse("VALIDATION_FAILED", "params/id must be an address or the id of an attacker (atk_…)");
  if (address !== undefined) onSpan({ observation_id: observationIdOf(address) });
  return ok({ of: "anchors", anchors: address === undefined ? [] : [address] });
}

export async function anchorsOfIdentity(ladder: LadderAnchors, id: string): Promise<readonly string[]> {
  if (isId("identity", id)) onSpan({ identity_id: id });
  return await ladder.anchorsOfIdentity(id);
}

type Asked = InputOf<"ttp.techniques">["query"];

export function filterOf({ from, to, confidence, domain }: Asked): TtpFilter {
  const span = wholeHours(from === undefined ? null : new Date(from), to === undefined ? null : new Date(to));
  return { ...span, confidence: confidence ?? CONFIDENCE_SHOWN_MIN, domain };
}

type TechniquesSeen = OutputOf<"ttp.techniques">;

async function techniques(deps: TtpDeps, scope: TtpScope, query: Asked): Promise<Result<TechniquesSeen>> {
  const filter = filterOf(query);
  const { items, hidden } = await seenTechniques(deps.database.read, scope, filter);
  const { attack } = deps.rules();
  return ok({ ...spanOf(filter), hidden, items: items.map((one) => toSeen(one, attack)) });
}

function spanOf({ from, to, confidence }: TtpFilter): Pick<TechniquesSeen, "from" | "to" | "confidence"> {
  return { from: from?.toISOString() ?? null, to: to?.toISOString() ?? null, confidence };
}

async function ofCampaign(deps: TtpDeps, id: string, query: Asked): Promise<Result<TechniquesSeen>> {
  const members = await deps.ladder.anchorsOfCampaign(id);
  const owner = new Map([...members].flatMap(([identity, anchors]) => anchors.map((anchor) => [anchor, identity])));
  const filter = filterOf(query);
  const { items, hidden } = await seenTechniques(
    deps.database.read,
    { of: "anchors", anchors: [...owner.keys()] },
    filter,
  );
  const { attack } = deps.rules();
  const shown = items.map((one) => {
    const identities = new Set(one.anchors.map((anchor) => owner.get(anchor)));
    return { ...toSeen(one, attack), identityCount: identities.size };
  });
  return ok({ ...spanOf(filter), hidden, items: shown });
}

function toSeen(seen: SeenTechnique, attack: AttackCatalogue): TechniqueSeen {
  const { domain, technique, tactic, count, confidenceMax, rules, releases } = seen;
  const isSub = technique.includes(".");
  const parent = technique.slice(0, 5);
  const placed = tacticOf(attack, domain, tactic);
  return {
    domain,
    technique: parent,
    subTechnique: isSub ? technique : null,
    name: techniqueName(attack, parent),
    subTechniqueName: isSub ? techniqueName(attack, technique) : null,
    tactic,
    tacticId: placed?.id ?? null,
    tacticName: placed?.name ?? null,
    phase: phaseOf(attack, domain, tactic),
    count,
    firstSeenAt: seen.firstAt.toISOString(),
    lastSeenAt: seen.lastAt.toISOString(),
    confidenceMax,
    rules: [...rules],
    attackReleases: [...releases],
    url: techniqueUrl(technique),
  };
}

type TagsAsked = InputOf<"ttp.tagsByAttacker">["query"] & Readonly<{ technique: string }>;
const TAGS_SHOWN = 200;

async function tags(deps: TtpDeps, scope: TtpScope, query: TagsAsked): Promise<Result<OutputOf<"ttp.tagsByAttacker">>> {
  const { technique, subTechnique, limit = TAGS_SHOWN, confidence = CONFIDENCE_SHOWN_MIN } = query;
  const from = query.from === undefined ? null : new Date(query.from);
  const to = query.to === undefined ? null : new Date(query.to);
  const filter = { technique, subTechnique, limit, confidence, from, to };
  const found = await listTags(deps.database.read, scope, filter);
  return ok({ items: found.map(toTag) });
}

function toTag({ attackDomain: domain, seenAt, evidence, ...tag }: StoredTag): TagDetail {
  const url = techniqueUrl(tag.subTechnique ?? tag.technique);
  return { ...tag, domain, evidence: { ...evidence }, seenAt: seenAt.toISOString(), url };
}

const NO_CLAIM = "Groups MITRE ATT&CK reports to use this technique. This is not an attribution claim.";

function groups(attack: AttackCatalogue, id: string, domain: string | undefined): Result<OutputOf<"ttp.groups">> {
  const found = groupsUsing(domain === undefined ? attack : attack.filter((one) => one.domain === domain), id);
  if (found === undefined) return refuse("NOT_FOUND", `no ATT&CK release in force has the technique ${id}`);
  const { domain: own, release } = found.attack;
  const items = found.groups.map((group) => ({ ...group, aliases: [...group.aliases] }));
  return ok({ technique: id, name: found.name, domain: own, release, notice: NO_CLAIM, items });
}

/** Read once per pack: the tests stand beside the rules. */
function testedInPack({ rules, rulesDir }: TtpDeps): () => ReadonlySet<string> {
  let known: { digest: string; ids: ReadonlySet<string> } | undefined;
  return () => {
    const { digest } = rules();
    if (known?.digest !== digest) known = { digest, ids: testedRules(rulesDir) };
    return known.ids;
  };
}

export function unknownDomain(domain: string): Refused {
  return refuse("NOT_FOUND", `no ATT&CK release of ${domain} is in force`);
}

async function matrix(deps: TtpDeps, query: Asked, tested: () => ReadonlySet<string>): Promise<Result<AttackMatrix>> {
  const pack = deps.rules();
  const domain = query.domain ?? ENTERPRISE;
  const attack = releaseOf(pack.attack, domain);
  if (attack === undefined) return unknownDomain(domain);
  const filter = filterOf({ ...query, domain });
  const states = await deps.states.all();
  const isOff = (id: string): boolean => states.get(id)?.state === "disabled";
  const figures = new Map<string, CellFigures>();
  for (const [key, covered] of coverageByCell(pack, domain, { isOff, tested: tested() }))
    figures.set(key, { ...covered, seen: 0, lastSeenAt: null });
  const { items } = await seenTechniques(deps.database.read, { of: "everybody" }, filter);
  for (const { technique, tactic, count, lastAt } of items) {
    const key = cellKey(technique, tactic);
    const known = figures.get(key) ?? { rules: 0, enabled: 0, tested: 0 };
    figures.set(key, { ...known, seen: count, lastSeenAt: lastAt });
  }
  return ok({
    domain,
    domains: pack.attack.map((one) => one.domain),
    release: attack.release,
    name: attack.name,
    notice: attack.notice,
    ...spanOf(filter),
    tactics: matrixOf(attack, figures).map((column) => ({ ...column, techniques: column.techniques.map(toCell) })),
  });
}

type Cell = ReturnType<typeof matrixOf>[number]["techniques"][number];

function toCell({ subTechniques, ...cell }: Cell): AttackMatrix["tactics"][number]["techniques"][number] {
  const shown = ({ lastSeenAt, ...one }: Omit<Cell, "subTechniques">) => {
    return { ...one, lastSeenAt: lastSeenAt?.toISOString() ?? null };
  };
  return { ...shown(cell), subTechniques: subTechniques.map(shown) };
}
