import { says, type Service } from "./form.ts";
import type { JsonForm } from "./json-form.ts";

const decoy = (name: string): Service => ({ name, type: "decoy", product: name, protocol: "http" });
const request = says(["http_request", "web.request", "webserver"]);

/** Decoys of web servers that write the whole request, what was sent with it too. */
export const decoyJsonForms: readonly JsonForm[] = [
  {
    // internal/tracer/tracer.go of Beelzebub, logged under `event`.
    service: decoy("beelzebub"),
    meaning: request,
    where: { "event.HTTPMethod": true, "event.RequestURI": true, "event.SourceIp": true },
    names: {
      ip: "event.SourceIp",
      port: "event.SourcePort",
      method: "event.HTTPMethod",
      url: "event.RequestURI",
      agent: "event.UserAgent",
    },
    body: "event.Body",
  },
  {
    // docs/EXAMPLES.md of Galah.
    service: decoy("galah"),
    meaning: request,
    where: { "httpRequest.request": true, "httpRequest.method": true, srcIP: true },
    names: {
      ip: "srcIP",
      port: "srcPort",
      toPort: "port",
      method: "httpRequest.method",
      url: "httpRequest.request",
      agent: "httpRequest.userAgent",
    },
    body: "httpRequest.body",
    time: ["eventTime"],
  },
];
