import type { Deeds } from "./audit-deeds.ts";
import { fromElsewhere, given, type Person, type World } from "./audit-world.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const form = (fields: Readonly<Record<string, string>>): Uint8Array =>
  Buffer.from(new URLSearchParams(fields).toString());

async function client(
  world: World,
): Promise<Readonly<{ by: Person; fields: { client_id: string; client_secret: string } }>> {
  const by = await world.admin();
  const body = { name: world.fresh("key"), scopes: ["incident:read" as const], lifeDays: 1 };
  const { key, secret } = await by.client.call("key.create", { body });
  return { by, fields: { client_id: key.id, client_secret: secret } };
}

const issue = { grant_type: "client_credentials", scope: "incident:read offline_access" };

async function tokens(world: World) {
  const { by, fields } = await client(world);
  const response = await fetch(`${world.server.url}/oauth/token`, {
    method: "POST",
    headers: { ...FORM, ...fromElsewhere() },
    body: new URLSearchParams({ ...fields, ...issue }),
  });
  const answer = (await response.json()) as { access_token: string; refresh_token: string };
  const [, claims = ""] = answer.access_token.split(".");
  const { family } = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as { family: `tkf_${string}` };
  return { by, fields, answer, family };
}

/** Whoever shows an API key at the token endpoint is its person in the log. */
export const tokenDeeds: Deeds = {
  "oauth.token": async (world) => {
    const { by, fields } = await client(world);
    return {
      by: { headers: {}, actor: by.actor },
      headers: FORM,
      input: { body: form({ ...fields, ...issue }) },
      did: "token.issued",
      object: { kind: "token-family", id: () => "*" },
      before: null,
      after: "active",
    };
  },
  "oauth.revoke": async (world) => {
    const { by, fields, answer, family } = await tokens(world);
    return {
      by: { headers: {}, actor: by.actor },
      headers: FORM,
      input: { body: form({ ...fields, token: answer.refresh_token }) },
      did: "token.revoked",
      object: { kind: "token-family", id: family },
      before: "active",
      after: "ended",
      // The key is shown from another address than when it got the token.
      besides: ["key.used_elsewhere"],
    };
  },
  "token.revoke": async (world) => {
    const { by, family } = await tokens(world);
    const object = { kind: "token-family", id: family };
    return { by, input: { params: { id: family } }, did: "token.revoked", object, before: "active", after: "ended" };
  },
  "tokenKey.rotate": async (world) => ({
    by: await world.admin(),
    input: { body: { reason: "yearly" } },
    did: "token.key_rotated",
    object: { kind: "token-key", id: (answer) => answer.kid },
    before: given,
    after: given,
  }),
};
