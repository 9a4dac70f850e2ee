import { readFile, stat } from "node:fs/promises";
import { EXPORT_SCOPES, NAVIGATOR_SCORES, type AttackBundle, type AttackLoaded } from "@tyr/contract";
import { instantOf } from "../audit/search-filters.ts";
import type { Context, Run } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { CliFailure, usage } from "../failure.ts";
import type { Input } from "../input.ts";
import { showInstant } from "../output/instants.ts";
import type { Column } from "../output/table.ts";
import { safeJson, visible } from "../output/visible-text.ts";
import { serverParts } from "../rule/server-parts.ts";

const COLUMNS: readonly Column<AttackBundle>[] = [
  { name: "domain", value: (row) => row.domain },
  { name: "release", value: (row) => row.release },
  { name: "origin", value: (row) => row.origin },
  { name: "loaded", value: (row) => (row.loadedAt === null ? null : showInstant(row.loadedAt)) },
  { name: "tactics", value: (row) => row.tactics, right: true },
  { name: "techniques", value: (row) => row.techniques, right: true },
  { name: "subs", value: (row) => row.subTechniques, right: true },
  { name: "groups", value: (row) => row.groups, right: true },
  { name: "notice", value: (row) => row.notice, cuttable: true },
];
const NOTICES_SHOWN = 20;

export const show: Run = async ({ api, print }) => {
  const inForce = await (await api()).call("attack.get", {});
  if (print.format === "json") print.one(inForce, () => []);
  else print.many(inForce.items, COLUMNS, "No ATT&CK release is in force.");
  const { notices, rejected } = inForce;
  for (const { title, message } of notices.slice(0, NOTICES_SHOWN)) print.warn(visible(`${title}: ${message}`));
  if (notices.length > NOTICES_SHOWN) print.warn(`and ${notices.length - NOTICES_SHOWN} more; --json has them all`);
  if (rejected > 0)
    print.warn(`${rejected} rules are left out: their techniques fit no release in force (tyr rule list)`);
  return EXIT.ok;
};

/** MITRE's largest bundle has some 50 MB. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

/** Sends what the server needs of the bundle: the whole would not fit into a request. */
export const load: Run = async ({ api, print }, input) => {
  const file = input.value(0, "the bundle");
  const release = input.text("release");
  const { slimBundle } = await serverParts();
  const slim = await slimBundle(await bytesOf(file));
  if (!slim.ok) throw new CliFailure(visible(`${file}: ${slim.message}`), { exit: EXIT.failed });
  const query = release === undefined ? {} : { release };
  const { call } = await api();
  return await change(
    { print },
    input,
    async (accepting) => await call("attack.load", { query: { ...query, ...accepting }, body: slim.bytes }),
  );
};

/** Back to what comes with Tyr. */
export const unload: Run = async ({ api, print }, input) => {
  const params = { domain: input.value(0, "the domain") };
  const { call } = await api();
  return await change({ print }, input, async (query) => await call("attack.unload", { params, query }));
};

type Ask = (accepting: Readonly<{ preview?: boolean; acceptRefused?: number }>) => Promise<AttackLoaded>;

/** What would come of it is shown before anything does. */
async function change({ print }: Pick<Context, "print">, input: Input, ask: Ask): Promise<ExitCode> {
  const accepted = input.whole("accept-refused-rules", { min: 0, max: 100_000 });
  const previewed = await ask({ preview: true });
  if (input.flag("preview")) {
    print.one(previewed, () => [changeOf(previewed, "would be"), ...effectOf(previewed)]);
    return EXIT.ok;
  }
  for (const line of effectOf(previewed)) print.say(line);
  const loaded = await ask(accepted === undefined ? {} : { acceptRefused: accepted });
  print.one(loaded, () => [changeOf(loaded, "is")]);
  const { notices, rejected } = loaded;
  if (notices > 0) print.warn(`${notices} techniques of rules were replaced by their successors: tyr attack show`);
  if (rejected > 0)
    print.warn(`${rejected} rules are left out: their techniques are not in this release (tyr rule list)`);
  return EXIT.ok;
}

function changeOf({ bundle, before }: AttackLoaded, is: "is" | "would be"): string {
  const place = before === null ? "" : ` in place of ${before}`;
  return visible(`${bundle === null ? "nothing" : `${bundle.domain} ${bundle.release}`} ${is} in force${place}.`);
}

function effectOf({ effect }: AttackLoaded): readonly string[] {
  const { techniques: of, gone, renamed, refused, refusedRules } = effect;
  const more = (all: number, named: readonly unknown[]): readonly string[] =>
    all > named.length ? [`  and ${all - named.length} more`] : [];
  return [
    `Techniques: ${of.added} added, ${of.gone} gone, ${of.revoked} revoked, ${of.renamed} renamed. Rules in force left out: ${refused}.`,
    ...gone.map(({ id, name }) => `  gone: ${id} ${name}`),
    ...more(of.gone, gone),
    ...renamed.map(({ id, from, to }) => `  renamed: ${id} ${from} -> ${to}`),
    ...more(of.renamed, renamed),
    ...refusedRules.map(({ title, message }) => `  left out: ${title}: ${message}`),
    ...more(refused, refusedRules),
  ].map(visible);
}

async function bytesOf(file: string): Promise<Uint8Array> {
  const { size } = await stat(file);
  if (size > FILE_BYTES_MAX)
    throw new CliFailure(visible(`${file} has ${size} bytes, the limit is ${FILE_BYTES_MAX}`), { exit: EXIT.failed });
  return await readFile(file);
}

const FORMATS = ["navigator", "stix", "misp"] as const;
type Format = (typeof FORMATS)[number];

/** As the tools of others take it, so it is JSON whatever `-o` says. */
export const exportSeen: Run = async (context, input) => {
  const format = FORMATS.find((one) => one === input.value(0, "the format"));
  if (format === undefined) throw usage("the format is not known", `Use one of: ${FORMATS.join(", ")}.`);
  const exported = await fetchExport(context, input, format);
  context.print.verbatim(`${safeJson(exported, 2)}\n`);
  return EXIT.ok;
};

function subjectOf(input: Input): Readonly<{ scope: (typeof EXPORT_SCOPES)[number]; id: string }> | undefined {
  const given = EXPORT_SCOPES.flatMap((scope) => {
    const id = input.text(scope);
    return id === undefined ? [] : [{ scope, id }];
  });
  if (given.length > 1) throw usage("--attacker, --identity and --campaign exclude each other", "Name one of them.");
  return given[0];
}

function confidenceOf(input: Input): number | undefined {
  const given = input.text("confidence");
  if (given === undefined) return undefined;
  const value = Number(given);
  if (value >= 0.3 && value <= 1) return value;
  throw usage(`--confidence ${given} is not usable`, "Write a number from 0.3 to 1.");
}

function present<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as ReturnType<
    typeof present<T>
  >;
}

async function fetchExport({ api, world }: Context, input: Input, format: Format): Promise<unknown> {
  const now = world.now();
  const subject = subjectOf(input);
  const filter = present({
    from: instantOf(input, "from", now),
    to: instantOf(input, "to", now),
    confidence: confidenceOf(input),
    domain: input.text("domain"),
  });
  const { call } = await api();
  if (format === "navigator") {
    const score = input.oneOf("score", NAVIGATOR_SCORES);
    const query = { ...filter, ...present({ score, release: input.text("release") }) };
    if (subject === undefined) return await call("ttp.exportNavigator", { query });
    return await call("ttp.exportNavigatorOf", { params: subject, query });
  }
  const query = { ...filter, ...present({ limit: input.whole("limit", { min: 1, max: 10_000 }) }) };
  if (subject === undefined) return await call(format === "stix" ? "ttp.exportStix" : "ttp.exportMisp", { query });
  return await call(format === "stix" ? "ttp.exportStixOf" : "ttp.exportMispOf", { params: subject, query });
}
