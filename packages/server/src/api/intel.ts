import { ok, refuse, type AddressIntel as AddressIntelView } from "@tyr/contract";
import { canonicalAddress } from "#collect";
import { parseList } from "#connectors/intel";
import type { AddressIntel, Intel } from "#detect";
import type { Handlers } from "./handler.ts";

type IntelRoutes = "intel.status" | "intel.address" | "intel.load";

export function intelHandlers(intel: Intel): Pick<Handlers, IntelRoutes> {
  return {
    "intel.status": async () => {
      const { lists, providers, ...rest } = await intel.status();
      return ok({
        ...rest,
        feeds: [...rest.feeds],
        lists: lists.map(({ list, entries, loadedAt }) => ({ list, entries, loadedAt: loadedAt.toISOString() })),
        providers: providers.map((one) => ({ ...one, pausedUntil: one.pausedUntil?.toISOString() ?? null })),
      });
    },
    "intel.address": async ({ params }) => {
      const address = canonicalAddress(params.address);
      if (address === undefined) return refuse("VALIDATION_FAILED", "this is no address");
      return ok(toAddressIntel(address, await intel.about(address)));
    },
    "intel.load": async ({ params: { list }, query: { load, last }, body }, { caller, requestId }) => {
      const parsed = parseList(list, new TextDecoder().decode(body));
      if (parsed === undefined) return refuse("VALIDATION_FAILED", `this is no list in a form ${list} is published in`);
      const { entries, rejected } = parsed;
      const by = { actor: caller.actor, requestId };
      return ok(await intel.load({ list, generation: load, entries, rejected, isLast: last, by }));
    },
  };
}

function toAddressIntel(address: string, { verdict, answers }: AddressIntel): AddressIntelView {
  return {
    address,
    verdict: verdict ?? null,
    answers: answers.map(({ provider, answer, answeredAt }) => ({
      provider,
      verdict: answer.verdict,
      score: answer.score,
      categories: [...(answer.categories ?? [])],
      classification: answer.classification ?? null,
      threatTypes: [...(answer.threatTypes ?? [])],
      malwareFamilies: [...(answer.malwareFamilies ?? [])],
      answeredAt: answeredAt.toISOString(),
    })),
  };
}
