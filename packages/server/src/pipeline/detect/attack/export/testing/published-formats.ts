/**
 * JSON Schemas (2020-12) of what we export, written from the published property tables: MITRE's layer format 4.5
 * (mitre-attack/attack-navigator, layers/spec/v4.5), STIX 2.1 (OASIS Standard, 10 June 2021) and MISP's core format
 * (draft-dulaunoy-misp-core-format). They are stricter than those: a member we have no business to write is refused.
 */
type Schema = Readonly<Record<string, unknown>>;

const text = { type: "string", minLength: 1 };
const flag = { type: "boolean" };
const number = { type: "number" };
const color = { type: "string", pattern: "^#[0-9a-fA-F]{6}$" };
const oneOf = (...values: readonly string[]): Schema => ({ type: "string", enum: values });
const list = (items: Schema, more: Schema = {}): Schema => ({ type: "array", items, ...more });
/** An object with these members, all of them or those named, and no others. */
const closed = (properties: Readonly<Record<string, Schema>>, required = Object.keys(properties)): Schema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

const metadata = list(closed({ name: text, value: text }));
const links = list(closed({ label: text, url: { type: "string", pattern: "^https://[!-~]+$" } }));

export const NAVIGATOR_LAYER: Schema = closed(
  {
    name: text,
    versions: closed(
      {
        layer: { const: "4.5" },
        navigator: { type: "string", pattern: String.raw`^(4\.9|[5-9]\.\d+)\.\d+$` },
        attack: { type: "string", pattern: String.raw`^\d+$` },
      },
      ["layer", "navigator"],
    ),
    domain: oneOf("enterprise-attack", "mobile-attack", "ics-attack"),
    description: text,
    filters: closed({ platforms: list(text, { minItems: 1, uniqueItems: true }) }, []),
    sorting: { type: "integer", minimum: 0, maximum: 3 },
    layout: closed(
      {
        layout: oneOf("side", "flat", "mini"),
        showID: flag,
        showName: flag,
        showAggregateScores: flag,
        countUnscored: flag,
        aggregateFunction: oneOf("average", "min", "max", "sum"),
        expandedSubtechniques: oneOf("none", "all", "annotated"),
      },
      [],
    ),
    hideDisabled: flag,
    techniques: list(
      closed(
        {
          techniqueID: { type: "string", pattern: String.raw`^T\d{4}(\.\d{3})?$` },
          tactic: { type: "string", pattern: "^[a-z]+(-[a-z]+)*$" },
          comment: { type: "string", maxLength: 400 },
          enabled: flag,
          score: number,
          color,
          metadata,
          links,
          showSubtechniques: flag,
        },
        ["techniqueID"],
      ),
    ),
    gradient: closed({ colors: list(color, { minItems: 2 }), minValue: number, maxValue: number }),
    legendItems: list(closed({ label: text, color })),
    showTacticRowBackground: flag,
    tacticRowBackground: color,
    selectTechniquesAcrossTactics: flag,
    selectSubtechniquesWithParent: flag,
    selectVisibleTechniques: flag,
    metadata,
    links,
  },
  ["name", "domain"],
);

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
const instant = { type: "string", pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$` };
const idOf = (...types: readonly string[]): Schema => ({ type: "string", pattern: `^(${types.join("|")})--${UUID}$` });
const count = { type: "integer", minimum: 0, maximum: 999_999_999 };

/** One type of object: members every one has (3.2), and its own. */
function stixObject(type: string, own: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const common = { type: { const: type }, spec_version: { const: "2.1" }, id: idOf(type) };
  const made = { created: instant, modified: instant, created_by_ref: idOf("identity") };
  const marked = { object_marking_refs: list(idOf("marking-definition"), { minItems: 1 }) };
  const isObservable = type.endsWith("-addr");
  const all = { ...common, ...(isObservable ? {} : { ...made, ...marked }), ...own };
  const left = new Set([...optional, "created_by_ref", "object_marking_refs"]);
  return closed(
    all,
    Object.keys(all).filter((name) => !left.has(name)),
  );
}

const phase = closed({ kill_chain_name: text, phase_name: { type: "string", pattern: "^[a-z]+(-[a-z]+)*$" } });
const reference = closed({ source_name: text, external_id: text, url: { type: "string", pattern: "^https://" } });
const seen = { first_seen: instant, last_seen: instant };
const octet = String.raw`(25[0-5]|2[0-4]\d|1?\d?\d)`;

const STIX_OBJECTS: readonly Schema[] = [
  stixObject("identity", { name: text, identity_class: oneOf("individual", "group", "system", "organization") }),
  stixObject("ipv4-addr", { value: { type: "string", pattern: String.raw`^${octet}(\.${octet}){3}$` } }),
  stixObject("ipv6-addr", { value: { type: "string", pattern: "^[0-9a-f:]{2,39}$" } }),
  stixObject("observed-data", {
    first_observed: instant,
    last_observed: instant,
    number_observed: { ...count, minimum: 1 },
    object_refs: list(idOf("ipv4-addr", "ipv6-addr"), { minItems: 1 }),
  }),
  stixObject("attack-pattern", {
    name: text,
    kill_chain_phases: list(phase, { minItems: 1 }),
    external_references: list(reference, { minItems: 1 }),
  }),
  stixObject("intrusion-set", { name: text, description: text, ...seen }),
  stixObject(
    "sighting",
    {
      ...seen,
      count,
      sighting_of_ref: idOf("attack-pattern"),
      observed_data_refs: list(idOf("observed-data"), { minItems: 1 }),
      where_sighted_refs: list(idOf("identity"), { minItems: 1 }),
    },
    ["observed_data_refs"],
  ),
  stixObject("relationship", {
    relationship_type: { const: "uses" },
    source_ref: idOf("intrusion-set"),
    target_ref: idOf("attack-pattern"),
  }),
  stixObject("note", { content: text, object_refs: list(idOf("identity"), { minItems: 1 }) }),
  closed({
    type: { const: "marking-definition" },
    spec_version: { const: "2.1" },
    id: idOf("marking-definition"),
    created: instant,
    definition_type: { const: "statement" },
    definition: closed({ statement: text }),
  }),
];

export const STIX_BUNDLE: Schema = closed({
  type: { const: "bundle" },
  id: idOf("bundle"),
  objects: list({ oneOf: STIX_OBJECTS }, { minItems: 1 }),
});

const uuid = { type: "string", pattern: `^${UUID}$` };
const seconds = { type: "string", pattern: String.raw`^\d{1,10}$` };
const tags = list(closed({ name: { type: "string", pattern: '^misp-galaxy:[a-z-]+="[^"]+"$' }, colour: color }), {
  uniqueItems: true,
});

export const MISP_EVENT: Schema = closed({
  Event: closed({
    uuid,
    info: text,
    date: { type: "string", pattern: String.raw`^\d{4}-\d\d-\d\d$` },
    timestamp: seconds,
    threat_level_id: oneOf("1", "2", "3", "4"),
    analysis: oneOf("0", "1", "2"),
    distribution: oneOf("0", "1", "2", "3", "4", "5"),
    published: flag,
    Attribute: list(
      closed({
        uuid,
        type: { const: "ip-src" },
        category: { const: "Network activity" },
        value: text,
        to_ids: flag,
        distribution: oneOf("0", "1", "2", "3", "4", "5"),
        timestamp: seconds,
        first_seen: instant,
        last_seen: instant,
        comment: text,
        Tag: tags,
      }),
      { uniqueItems: true },
    ),
    Tag: tags,
  }),
});
