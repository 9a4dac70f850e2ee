import { ok, type InputOf, type Result } from "@tyr/contract";
import type { LadderAnchors } from "#actors";
import {
  ENTERPRISE,
  mispEvent,
  navigatorLayer,
  releaseOf,
  seenByAnchor,
  seenTechniques,
  stixBundle,
  type RulePack,
  type TtpFilter,
  type TtpScope,
} from "#detect";
import type { Clock } from "#platform/clock";
import type { Database } from "#platform/database";
import type { Handlers } from "./handler.ts";
import { anchorsOfIdentity, attackerScope, filterOf, unknownDomain } from "./ttp.ts";

export type TtpExportDeps = Readonly<{
  database: Pick<Database, "read">;
  clock: Clock;
  rules: () => RulePack;
  ladder: LadderAnchors;
}>;
type ExportRoutes =
  | "ttp.exportNavigator"
  | "ttp.exportNavigatorOf"
  | "ttp.exportStix"
  | "ttp.exportStixOf"
  | "ttp.exportMisp"
  | "ttp.exportMispOf";

/** Whose techniques: in words, by their anchors, and which identity has which of these. */
type Subject = Readonly<{
  about: string;
  anchors: readonly string[] | "everybody";
  identities: ReadonlyMap<string, readonly string[]>;
}>;
const EVERYBODY: Subject = { about: "everybody", anchors: "everybody", identities: new Map() };

export function ttpExportHandlers(deps: TtpExportDeps): Pick<Handlers, ExportRoutes> {
  const ofSubject = async <T>(params: Params, make: (subject: Subject) => Promise<Result<T>>): Promise<Result<T>> => {
    const subject = await subjectOf(deps.ladder, params);
    return subject.ok ? await make(subject.value) : subject;
  };
  return {
    "ttp.exportNavigator": async ({ query }) => await layer(deps, EVERYBODY, query),
    "ttp.exportNavigatorOf": async ({ params, query }) =>
      await ofSubject(params, async (subject) => await layer(deps, subject, query)),
    "ttp.exportStix": async ({ query }) => await stix(deps, EVERYBODY, query),
    "ttp.exportStixOf": async ({ params, query }) =>
      await ofSubject(params, async (subject) => await stix(deps, subject, query)),
    "ttp.exportMisp": async ({ query }) => await misp(deps, EVERYBODY, query),
    "ttp.exportMispOf": async ({ params, query }) =>
      await ofSubject(params, async (subject) => await misp(deps, subject, query)),
  };
}

type Params = InputOf<"ttp.exportNavigatorOf">["params"];

async function subjectOf(ladder: LadderAnchors, { scope, id }: Params): Promise<Result<Subject>> {
  const about = `${scope} ${id}`;
  if (scope === "attacker") {
    const found = await attackerScope(ladder, id);
    if (!found.ok) return found;
    const anchors = found.value.of === "anchors" ? found.value.anchors : [];
    return ok({ about, anchors, identities: new Map() });
  }
  const identities =
    scope === "identity" ? new Map([[id, await anchorsOfIdentity(ladder, id)]]) : await ladder.anchorsOfCampaign(id);
  return ok({ about, anchors: [...new Set([...identities.values()].flat())], identities });
}

function scopeOf({ anchors }: Subject): TtpScope {
  return anchors === "everybody" ? { of: "everybody" } : { of: "anchors", anchors };
}

function filtersOf({ from, to, confidence, release }: TtpFilter): readonly string[] {
  return [
    `confidence at least ${confidence}`,
    ...(from === null ? [] : [`from ${from.toISOString()}`]),
    ...(to === null ? [] : [`to ${to.toISOString()}`]),
    ...(release === undefined ? [] : [`tagged under ATT&CK ${release}`]),
  ];
}

type Json = Readonly<Record<string, unknown>>;

async function layer(
  deps: TtpExportDeps,
  subject: Subject,
  query: InputOf<"ttp.exportNavigator">["query"],
): Promise<Result<Json>> {
  const pack = deps.rules();
  const domain = query.domain ?? ENTERPRISE;
  const attack = releaseOf(pack.attack, domain);
  if (attack === undefined) return unknownDomain(domain);
  const { score = "normalised", release } = query;
  const filter = { ...filterOf({ ...query, domain }), release };
  const { items } = await seenTechniques(deps.database.read, scopeOf(subject), filter);
  const titles = new Map([...pack.rules.values()].map(({ id, sigma }) => [id, sigma.title]));
  const ruleTitle = (id: string): string => titles.get(id) ?? id;
  return ok(
    navigatorLayer({
      attack,
      release,
      about: subject.about,
      score,
      filters: filtersOf(filter),
      seen: items,
      ruleTitle,
    }),
  );
}

type ExportAsked = InputOf<"ttp.exportStix">["query"];
const PAIRS_MAX = 2_000;

async function pairsOf(deps: TtpExportDeps, { anchors }: Subject, query: ExportAsked) {
  const { items, left } = await seenByAnchor(deps.database.read, anchors, {
    ...filterOf(query),
    limit: query.limit ?? PAIRS_MAX,
  });
  return { attack: deps.rules().attack, seen: items, left };
}

async function stix(deps: TtpExportDeps, subject: Subject, query: ExportAsked): Promise<Result<Json>> {
  return ok(stixBundle({ ...(await pairsOf(deps, subject, query)), identities: subject.identities }));
}

async function misp(deps: TtpExportDeps, subject: Subject, query: ExportAsked): Promise<Result<Json>> {
  return ok(mispEvent({ ...(await pairsOf(deps, subject, query)), about: subject.about, now: deps.clock.now() }));
}
