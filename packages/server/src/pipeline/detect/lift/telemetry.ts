import { observationIdOf } from "#collect";
import { isTopicSegment } from "#platform/bus";
import { defineLifter, type Emit, type LiftEvent, numberOf, textOf } from "./lifter.ts";

/** The kind rides in the message's `type`. */
const FINGERPRINTS: Readonly<Record<string, string>> = {
  ja3: "tls.client.ja3",
  ja4: "tls.client.ja4",
  ja4_quic: "quic.client.ja4",
  ja4h: "http.ja4h",
  jarm: "tls.server.jarm",
  hassh: "ssh.hassh",
  h2_settings: "http2.settings",
  h3_settings: "http3.settings",
  ipv6_leak: "ipv6.leak.address",
};
/** Of a token nobody named. */
const NAMELESS = "unnamed";
const LIST_MAX = 64;

function textsOf({ ecs }: LiftEvent, name: string): readonly string[] {
  const value = ecs[name];
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return list.filter((one): one is string => typeof one === "string").slice(0, LIST_MAX);
}

/** A message a decoy took. Neither addresses nor text of it: domains, hashes and a count. */
function tellEmail(event: LiftEvent, src: string, emit: Emit): void {
  emit.message({
    family: "email.received",
    segments: [],
    payload: {
      event_id: event.id,
      observation_id: observationIdOf(src),
      attacker_ip: src,
      sensor_id: event.sensorId,
      body_sha256: textOf(event, "email.body.sha256") ?? null,
      rcpt_count: numberOf(event, ["email.to.count"]) ?? 0,
      rcpt_domains: textsOf(event, "email.to.domains"),
      attachment_sha256s: textsOf(event, "email.attachment.sha256"),
    },
  });
}

function tellCanary(event: LiftEvent, emit: Emit): void {
  const named = textOf(event, "canary.token") ?? NAMELESS;
  const token = isTopicSegment(named) ? named : NAMELESS;
  const src = event.src?.ip ?? null;
  emit.message({
    family: "canary.*.triggered",
    segments: [token],
    payload: {
      event_id: event.id,
      token_id: token,
      observation_id: src === null ? null : observationIdOf(src),
      attacker_ip: src,
    },
  });
}

function tellFingerprints(event: LiftEvent, src: string, emit: Emit): void {
  for (const [type, alias] of Object.entries(FINGERPRINTS)) {
    const fingerprint = event.ecs[alias];
    if (typeof fingerprint !== "string") continue;
    const payload = { event_id: event.id, observation_id: observationIdOf(src), attacker_ip: src, fingerprint };
    emit.say({ family: "attacker.fingerprinted", type, payload: () => payload });
  }
}

/** Tells of messages, canaries and fingerprints as they are stored; derives nothing, remembers nothing. */
export const telemetry = defineLifter<never>({
  name: "telemetry",
  version: 1,
  kinds: ["email", "canary", "canary_fingerprint", "http_fingerprint", "session", "network"],
  groupsMax: 1,
  lift: (event, _groups, emit) => {
    const action = event.ecs["event.action"];
    const src = event.src?.ip;
    if (action === "canary.triggered") tellCanary(event, emit);
    if (src === undefined) return;
    if (action === "email.received") tellEmail(event, src, emit);
    tellFingerprints(event, src, emit);
  },
});
