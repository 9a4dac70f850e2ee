export { run } from "./run.ts";
export type { Sink, World } from "./world.ts";
