import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import * as a from "../schemas/actors.ts";
import { StorableText } from "../schemas/basics.ts";

const attackerParams = Type.Object({ id: StorableText(64, { description: "atk_… or the address itself" }) });
const identityParams = Type.Object({ id: IdSchema("identity") });
const campaignParams = Type.Object({ id: IdSchema("campaign") });

export const actorRoutes = {
  "attacker.list": {
    method: "GET",
    path: "/api/v1/attackers",
    needs: "actor:read",
    summary: "Source addresses, last seen first, or riskiest or busiest first",
    query: a.AttackerQuery,
    response: a.AttackerPage,
  },
  "attacker.get": {
    method: "GET",
    path: "/api/v1/attackers/:id",
    needs: "actor:read",
    summary: "One source address, by its id or the address itself, with what is known of it",
    params: attackerParams,
    response: a.Attacker,
  },
  "attacker.sessions": {
    method: "GET",
    path: "/api/v1/attackers/:id/sessions",
    needs: "actor:read",
    summary: "Sessions of one source address, newest first",
    params: attackerParams,
    response: a.AttackerSessions,
  },
  "identity.list": {
    method: "GET",
    path: "/api/v1/identities",
    needs: "actor:read",
    summary: "Identities that are not merged into another, last seen first",
    query: a.IdentityQuery,
    response: a.IdentityPage,
  },
  "identity.get": {
    method: "GET",
    path: "/api/v1/identities/:id",
    needs: "actor:read",
    summary: "One identity with its addresses and why they are one; a merged one says into which",
    params: identityParams,
    response: a.Identity,
  },
  "identity.merge": {
    method: "POST",
    path: "/api/v1/identities/:id/merge",
    needs: "actor:write",
    summary: "Say that two identities are the same hands, until somebody unmerges them",
    params: identityParams,
    body: a.MergeIdentities,
    response: a.Identity,
  },
  "identity.unmerge": {
    method: "POST",
    path: "/api/v1/identities/:id/unmerge",
    needs: "actor:write",
    summary: "Take a merged identity out again; it is never merged with that one by itself again",
    params: identityParams,
    body: a.Unmerge,
    response: a.Identity,
  },
  "campaign.list": {
    method: "GET",
    path: "/api/v1/campaigns",
    needs: "actor:read",
    summary: "Campaigns of two or more identities, last seen first",
    query: a.CampaignQuery,
    response: a.CampaignPage,
  },
  "campaign.get": {
    method: "GET",
    path: "/api/v1/campaigns/:id",
    needs: "actor:read",
    summary: "One campaign with its identities and why they belong together",
    params: campaignParams,
    response: a.Campaign,
  },
  "campaign.merge": {
    method: "POST",
    path: "/api/v1/campaigns/:id/merge",
    needs: "actor:write",
    summary: "Say that two campaigns are one, until somebody unmerges them",
    params: campaignParams,
    body: a.MergeCampaigns,
    response: a.Campaign,
  },
  "campaign.unmerge": {
    method: "POST",
    path: "/api/v1/campaigns/:id/unmerge",
    needs: "actor:write",
    summary: "Take a merged campaign out again; it is never merged with that one by itself again",
    params: campaignParams,
    body: a.Unmerge,
    response: a.Campaign,
  },
} as const satisfies Record<string, RouteDefinition>;
