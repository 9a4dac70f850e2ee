export { createFederation, type Federation } from "./create-federation.ts";
export { readProviders } from "./settings.ts";
