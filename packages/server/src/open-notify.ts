import { followEntries, logLength } from "#audit";
import { countWaiting, listOwedReviews, nearDeadline, type Govern } from "#govern";
import { createNotify, NO_NOTIFICATIONS, type Notify, readPlace } from "#notify";
import type { Clock } from "#platform/clock";
import type { Config } from "#platform/config";
import type { Database } from "#platform/database";
import type { Leading } from "#platform/lifecycle";
import type { Logger } from "#platform/log";
import { sendWebhook, type WebhookPlace } from "#platform/webhook";

/** Read before anything is opened; undefined: nobody is told. */
export function notifyPlace({ notify }: Pick<Config, "notify">): WebhookPlace | undefined {
  return notify === undefined ? undefined : readPlace(notify);
}

export type NotifyParts = Readonly<{
  config: Pick<Config, "notify" | "publicUrl">;
  notifyTo: WebhookPlace | undefined;
  database: Database;
  clock: Clock;
  log: Logger;
  leading: Leading;
  govern: Pick<Govern, "get">;
}>;

/** People outside of Tyr are told by the log what happened, and by govern what is so now. */
export function openNotify({ config, notifyTo: place, govern, ...parts }: NotifyParts): Notify {
  if (config.notify === undefined || place === undefined) return NO_NOTIFICATIONS;
  return createNotify({
    ...parts,
    host: place.url.hostname,
    about: config.notify.about,
    publicUrl: config.publicUrl,
    ports: {
      follow: followEntries,
      logLength,
      nearDeadline,
      owedReviews: listOwedReviews,
      waitingNow: async (db) => (await countWaiting(db)).reduce((sum, { waiting }) => sum + waiting, 0),
      async actionNow(id) {
        const found = await govern.get(id);
        if (!found.ok) return undefined;
        const { type, target, state, approvalsMissing, deadlineAt, evidence } = found.value;
        return { id, type, target, state, approvalsMissing, deadlineAt, risk: evidence.risk };
      },
      send: async (message, options) => await sendWebhook(place, message, options),
    },
  });
}
