export { createIntelSources } from "./create-sources.ts";
export { LIST_NAMES, type ListName, type ListText, parseList } from "./parse-list.ts";
