import { ok, refuse, type Result, type ScimListQuery, type ScimViewQuery } from "@tyr/contract";
import {
  SEARCHED_MAX,
  type GroupPlace,
  type Provisioning,
  type ProvisioningClient,
  type Target,
  type UserPlace,
} from "#identity";
import type { Call } from "../handler.ts";
import type { Kind } from "./attributes.ts";
import { listAnswer, planList, type Hint } from "./list.ts";
import type { Resource } from "./match.ts";
import { applyPatch, documentOf, invalid, type Document } from "./patch.ts";
import { project } from "./project.ts";
import { readBody } from "./read-body.ts";
import { etagOf } from "./resources.ts";

type Place = UserPlace & GroupPlace;
type Versioned = Readonly<{ version: number }>;
type Changing<W> = Target & Readonly<{ turn: (current: W) => Result<W> }>;

/** What SCIM's verbs need of one kind of resource: `T` as it stands here, `W` as a provider wants it. */
export type Door<T, W> = Readonly<{
  kind: Kind;
  /** Attributes, in lower case, by which the database looks up. */
  hints: readonly string[];
  resource(one: T): Resource;
  document(wish: W): Document;
  /** `current`: what stands for what a request does not say. */
  readWish(document: Document, current: W | undefined): Result<W>;
  find(client: ProvisioningClient, place: Place): Promise<readonly T[]>;
  create(client: ProvisioningClient, wish: W): Promise<Result<T>>;
  change(client: ProvisioningClient, change: Changing<W>): Promise<Result<T>>;
  remove(client: ProvisioningClient, target: Target): Promise<Result<undefined>>;
}>;

type Given<P = undefined> = Readonly<{ params: P; query: ScimViewQuery; body: Uint8Array }>;
type Ided = Readonly<{ id: string }>;
type Verb<I, O = string> = (input: I, call: Call) => Promise<Result<O>>;
export type Verbs = Readonly<{
  list: Verb<Readonly<{ query: ScimListQuery }>>;
  get: Verb<Omit<Given<Ided>, "body">>;
  create: Verb<Given>;
  replace: Verb<Given<Ided>>;
  patch: Verb<Given<Ided>>;
  remove: Verb<Readonly<{ params: Ided }>, undefined>;
}>;

/** Versions an If-Match names; `*` and none at all take any, a tag nobody gave takes none (RFC 9110 section 13.1.1). */
function versionsIn(header: string | undefined): readonly number[] | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",", 20).flatMap((tag) => {
    const version = /^(?:W\/)?"(\d{1,9})"$/.exec(tag.trim())?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}

function targetOf(id: string, { headers }: Call): Target {
  return { id, ifVersion: versionsIn(headers["if-match"]) };
}

/** Names are folded as where they are stored, so that a look-up finds what a comparison would. */
function placeOf(hint: Hint | undefined): Place {
  if (hint === undefined) return { all: true, limit: SEARCHED_MAX + 1 };
  if (hint.name === "id") return { id: hint.value };
  if (hint.name === "externalid") return { externalId: hint.value };
  return { nameKey: hint.value.normalize("NFKC").toLowerCase() };
}

function sentDocument(kind: Kind, body: Uint8Array): Result<Document> {
  const sent = readBody(body);
  return sent.ok ? documentOf(kind, sent.value) : sent;
}

function answerOne<T extends Versioned, W>(
  { kind, resource }: Pick<Door<T, W>, "kind" | "resource">,
  { call, view }: Readonly<{ call: Call; view: ScimViewQuery }>,
  done: Result<T>,
): Result<string> {
  if (!done.ok) return done;
  const shown = resource(done.value);
  call.setHeader("location", (shown["meta"] as { location: string }).location);
  call.setHeader("etag", etagOf(done.value.version));
  return ok(JSON.stringify(project(kind, shown, view)));
}

async function answerList<T, W>(
  { kind, hints, find, resource }: Door<T, W>,
  client: ProvisioningClient,
  query: ScimListQuery,
): Promise<Result<string>> {
  const plan = planList(kind, query, hints);
  if (!plan.ok) return plan;
  const found = await find(client, placeOf(plan.value.hint));
  if (found.length > SEARCHED_MAX)
    return invalid("tooMany", `more than ${SEARCHED_MAX} would have to be looked through`);
  const list = listAnswer(kind, found.map(resource).filter(plan.value.test), query);
  return list.ok ? ok(JSON.stringify(list.value)) : list;
}

/** The verbs of RFC 7644 section 3 over one kind of resource, each as the client the request came from. */
export function verbsOf<T extends Versioned, W>(door: Door<T, W>, { clientOf }: Pick<Provisioning, "clientOf">): Verbs {
  const { kind } = door;
  /** Refusal `NOT_PERMITTED` for whoever is no client. */
  const asClient = async <R>(
    call: Call,
    work: (client: ProvisioningClient) => Promise<Result<R>>,
  ): Promise<Result<R>> => {
    const client = await clientOf(call.caller, call.requestId);
    return client.ok ? await work(client.value) : client;
  };
  const change = async (call: Call, { params, query }: Omit<Given<Ided>, "body">, turn: (current: W) => Result<W>) =>
    await asClient(call, async (client) => {
      const changed = await door.change(client, { ...targetOf(params.id, call), turn });
      return answerOne(door, { call, view: query }, changed);
    });
  return {
    list: async ({ query }, call) => await asClient(call, async (client) => await answerList(door, client, query)),
    get: async ({ params, query }, call) =>
      await asClient(call, async (client) => {
        const [one] = await door.find(client, { id: params.id });
        const none = refuse("NOT_FOUND", `there is no such ${kind.name} of this provider`);
        return one === undefined ? none : answerOne(door, { call, view: query }, ok(one));
      }),
    create: async ({ query, body }, call) =>
      await asClient(call, async (client) => {
        const document = sentDocument(kind, body);
        const wish = document.ok ? door.readWish(document.value, undefined) : document;
        return answerOne(door, { call, view: query }, wish.ok ? await door.create(client, wish.value) : wish);
      }),
    async replace(input, call) {
      const document = sentDocument(kind, input.body);
      return await change(call, input, (current) => (document.ok ? door.readWish(document.value, current) : document));
    },
    async patch(input, call) {
      const sent = readBody(input.body);
      return await change(call, input, (current) => {
        const document = sent.ok ? applyPatch(kind, door.document(current), sent.value) : sent;
        return document.ok ? door.readWish(document.value, current) : document;
      });
    },
    remove: async ({ params }, call) =>
      await asClient(call, async (client) => await door.remove(client, targetOf(params.id, call))),
  };
}
