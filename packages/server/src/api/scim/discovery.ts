import { GROUP, USER, type Attribute, type Kind } from "./attributes.ts";
import { COUNT_MAX } from "./list.ts";
import type { Resource } from "./match.ts";

const CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema";
export const KINDS = [USER, GROUP] as const;

/** What of SCIM is there (RFC 7643 section 5). */
export function serviceProviderConfig(base: string): Resource {
  return {
    schemas: [CONFIG],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: COUNT_MAX },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: "oauthbearertoken",
        name: "API key",
        description: "the key of a SCIM client, as a bearer token (RFC 6750)",
        primary: true,
      },
    ],
    meta: { resourceType: "ServiceProviderConfig", location: `${base}/ServiceProviderConfig` },
  };
}

export function resourceType({ name, endpoint, schema, about }: Kind, base: string): Resource {
  return {
    schemas: [RESOURCE_TYPE],
    id: name,
    name,
    endpoint,
    description: about,
    schema,
    meta: { resourceType: "ResourceType", location: `${base}/ResourceTypes/${name}` },
  };
}

function described({ name, type, about, parts, ...rest }: Attribute): Resource {
  return {
    name,
    type,
    multiValued: rest.multiValued ?? false,
    description: about,
    required: rest.required ?? false,
    caseExact: rest.caseExact ?? false,
    mutability: rest.mutability ?? "readWrite",
    returned: rest.returned ?? "default",
    uniqueness: rest.uniqueness ?? "none",
    ...(type === "reference" ? { referenceTypes: ["uri"] } : {}),
    ...(parts === undefined ? {} : { subAttributes: Object.values(parts).map(described) }),
  };
}

/** Common attributes are of every resource, not of its schema (RFC 7643 section 3.1). */
const COMMON = new Set(["schemas", "id", "externalId", "meta"]);

export function schemaOf({ name, schema, about, attributes }: Kind, base: string): Resource {
  return {
    schemas: [SCHEMA],
    id: schema,
    name,
    description: about,
    attributes: Object.values(attributes)
      .filter((one) => !COMMON.has(one.name))
      .map(described),
    meta: { resourceType: "Schema", location: `${base}/Schemas/${schema}` },
  };
}
