import { Type } from "typebox";
import { IdSchema } from "../ids.ts";
import type { RouteDefinition } from "../route.ts";
import { Asset, AssetCreate, AssetEdit, AssetImport, AssetImported, AssetPage, AssetQuery } from "../schemas/assets.ts";

const params = Type.Object({ id: IdSchema("asset") });

/** What is written here says what is never touched, so that an attacker's address must not come in unseen. */
export const assetRoutes = {
  "asset.list": {
    method: "GET",
    path: "/api/v1/assets",
    needs: "asset:read",
    summary: "The inventory of assets, newest first",
    query: AssetQuery,
    response: AssetPage,
  },
  "asset.get": {
    method: "GET",
    path: "/api/v1/assets/:id",
    needs: "asset:read",
    summary: "One asset",
    params,
    response: Asset,
  },
  "asset.create": {
    method: "POST",
    path: "/api/v1/assets",
    needs: "asset:write",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Add an asset: its addresses, groups, owner, criticality and environment",
    status: 201,
    body: AssetCreate,
    response: Asset,
  },
  "asset.edit": {
    method: "PATCH",
    path: "/api/v1/assets/:id",
    needs: "asset:write",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Change an asset; what is left out stays",
    params,
    body: AssetEdit,
    response: Asset,
  },
  "asset.remove": {
    method: "DELETE",
    path: "/api/v1/assets/:id",
    needs: "asset:write",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Take an asset out of the inventory",
    status: 204,
    params,
    response: "empty",
  },
  "asset.import": {
    method: "POST",
    path: "/api/v1/assets/import",
    needs: "asset:write",
    stepUp: "defence",
    programsUnproved: true,
    summary: "Add or replace many assets by name, all of them or none",
    body: AssetImport,
    response: AssetImported,
  },
} as const satisfies Record<string, RouteDefinition>;
