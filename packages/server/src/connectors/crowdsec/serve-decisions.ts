import type { IncomingHttpHeaders } from "node:http";
import { ok, type CrowdsecDecision, type EnforcerId, type InputOf, type OutputOf, type Result } from "@tyr/contract";
import type { Clock } from "#platform/clock";
import { knownPrefix, parsePrefix } from "#govern";
import type { BlockSource, Told } from "#respond";
import { isWanted, takesOf, toDecision } from "./to-decision.ts";

/** The part of a call this connector needs; the api's own is wider. */
export type BouncerCall = Readonly<{
  caller: Readonly<{ enforcerId?: EnforcerId }>;
  headers: IncomingHttpHeaders;
  /** Of the peer. */
  address: string;
  afterSent(work: () => Promise<void>): void;
}>;
export type BouncerDeps = Readonly<{ blocks: BlockSource; clock: Clock }>;

/** The bouncer API writes `null` where nothing is. */
const orNull = (decisions: CrowdsecDecision[]): CrowdsecDecision[] | null =>
  decisions.length === 0 ? null : decisions;

type Asked = Readonly<{ contain?: string; within?: string }>;

/** `ip`: what covers it. `range`: what covers it, or with contains=false what lies in it. */
function askedFor(query: InputOf<"crowdsec.decisions">["query"]): Result<Asked> {
  const { ip, range, contains = "true" } = query;
  const text = ip ?? range;
  if (text === undefined) return ok({});
  const parsed = parsePrefix(text);
  if (!parsed.ok) return parsed;
  const { text: canonical } = parsed.value;
  return ok(ip === undefined && /^[0f]/i.test(contains) ? { within: canonical } : { contain: canonical });
}

/** Live mode: "is this address blocked?". Ranges are answered as ranges, whoever asks: nothing is enforced from a list. */
async function decisions(
  { blocks, clock }: BouncerDeps,
  query: InputOf<"crowdsec.decisions">["query"],
): Promise<Result<OutputOf<"crowdsec.decisions">>> {
  const asked = askedFor(query);
  if (!asked.ok) return asked;
  const now = clock.now();
  const rows = await blocks.active(asked.value);
  const told = rows.map((block): Told => ({ block, prefix: knownPrefix(block.value), offset: 0 }));
  return ok(orNull(told.map((one) => toDecision(one, now)).filter((one) => isWanted(one, query))));
}

async function stream(
  { blocks, clock }: BouncerDeps,
  query: InputOf<"crowdsec.stream">["query"],
  call: BouncerCall,
): Promise<Result<OutputOf<"crowdsec.stream">>> {
  const { enforcerId } = call.caller;
  const userAgent = call.headers["user-agent"];
  // Nothing but the filter decides what this client takes; what it does not take was not sent to it.
  const takes = takesOf({ ...query, scopes: query.scopes ?? "ip,range" });
  const client = { protocol: "crowdsec" as const, userAgent: userAgent ?? null, takes };
  const whole = query.startup === "true" || enforcerId === undefined;
  const changes = whole ? await blocks.all(client) : await blocks.changes({ ...client, enforcerId });
  const now = clock.now();
  const written = (told: readonly Told[]) => orNull(told.map((one) => toDecision(one, now)));
  if (enforcerId !== undefined) {
    const { position } = changes;
    const pull = {
      enforcerId,
      position,
      stream: true,
      protocol: "crowdsec" as const,
      userAgent,
      takes,
      address: call.address,
    };
    call.afterSent(async () => await blocks.recordPull(pull));
  }
  return ok({ new: written(changes.added), deleted: written(changes.removed) });
}

export type BouncerHandlers = Readonly<{
  decisions(
    query: InputOf<"crowdsec.decisions">["query"],
    call: BouncerCall,
  ): Promise<Result<OutputOf<"crowdsec.decisions">>>;
  head(): Promise<Result<undefined>>;
  stream(query: InputOf<"crowdsec.stream">["query"], call: BouncerCall): Promise<Result<OutputOf<"crowdsec.stream">>>;
}>;

/** The bouncer side of CrowdSec's local API, in the shapes its clients expect (docs/adr/0010 on ranges). */
export function createBouncerApi(deps: BouncerDeps): BouncerHandlers {
  const seen = ({ caller: { enforcerId }, headers, address, afterSent }: BouncerCall): void => {
    if (enforcerId === undefined) return;
    const userAgent = headers["user-agent"];
    afterSent(async () => await deps.blocks.recordPull({ enforcerId, protocol: "crowdsec", userAgent, address }));
  };
  return {
    async decisions(query, call) {
      seen(call);
      return await decisions(deps, query);
    },
    // A key check, as CrowdSec has it: nothing was pulled.
    head: async () => ok(undefined),
    stream: async (query, call) => await stream(deps, query, call),
  };
}
