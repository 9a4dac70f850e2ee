import { ok } from "@tyr/contract";
import { createFeed } from "#connectors/blocklist";
import { createBouncerApi } from "#connectors/crowdsec";
import type { Clock } from "#platform/clock";
import type { Respond } from "#respond";
import { byOf } from "./actions.ts";
import { askedPrefix } from "./asked-address.ts";
import type { Handlers } from "./handler.ts";
import { answerOf, beforeOf } from "./page-position.ts";

export type BlockDeps = Readonly<{ respond: Respond; clock: Clock }>;

const PAGE = 50;

type Nouns = "block" | "allow" | "enforcer" | "feed" | "crowdsec";

export function blockHandlers({
  respond,
  clock,
}: BlockDeps): Pick<Handlers, Extract<keyof Handlers, `${Nouns}.${string}`>> {
  const feed = createFeed(respond.blocks);
  const bouncer = createBouncerApi({ blocks: respond.blocks, clock });
  return {
    "block.list": async ({ query: { after, limit = PAGE, value: asked, ...filter } }) => {
      const before = beforeOf(after);
      if (!before.ok) return before;
      const value = askedPrefix("value", asked);
      if (!value.ok) return value;
      const page = await respond.list({ ...filter, value: value.value, before: before.value, limit });
      return ok(answerOf(page, (block) => block));
    },
    "block.get": async ({ params: { id } }) => await respond.get(id),
    "allow.list": async () => ok({ items: [...(await respond.listAllowed())] }),
    "allow.preview": async ({ query: { value } }) => await respond.previewAllow(value),
    "allow.add": async ({ body: { value, reason, expiresAt } }, call) =>
      await respond.allow({
        value,
        reason,
        expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
        by: byOf(call),
      }),
    "allow.remove": async ({ params: { id } }, call) => await respond.disallow({ id, by: byOf(call) }),
    "enforcer.list": async () => ok({ items: [...(await respond.listEnforcers())] }),
    "enforcer.create": async ({ body }, call) => await respond.registerEnforcer({ ...body, by: byOf(call) }),
    "enforcer.rotate": async ({ params: { id } }, call) => await respond.rotateEnforcer({ id, by: byOf(call) }),
    "enforcer.deactivate": async ({ params: { id } }, call) => await respond.endEnforcer({ id, by: byOf(call) }),
    "feed.blocklist": async (_input, call) => await feed(call),
    "crowdsec.health": async () => ok({ status: "up" }),
    "crowdsec.decisions": async ({ query }, call) => await bouncer.decisions(query, call),
    "crowdsec.decisionsHead": async () => await bouncer.head(),
    "crowdsec.stream": async ({ query }, call) => await bouncer.stream(query, call),
  };
}
