import { BY_CLOCK, move, type Tracked, type World } from "./model-world.ts";

// What a worker brings about, and takes back.

/** Of a worker that took it: done, refused by the connector, or lost on the way; what is lost is read from the target. */
export function finish(world: World, action: Tracked, n: number): void {
  const { state, ttl_seconds: ttl } = action.row;
  const by = BY_CLOCK;
  const ends = ttl === null ? null : new Date(world.now + ttl * 1000);
  const changes = { effect_ends_at: ends };
  const details = { block_id: null, effect_ends_at: ends?.toISOString() ?? null };
  if (state === "executing" && n % 8 === 7) move(world, action, { event: "lose", by });
  else if (state === "executing" && n % 8 === 6) move(world, action, { event: "fail", by });
  else if (state === "executing") move(world, action, { event: "succeed", by, changes, details });
  else if (state === "unknown" && n % 2 === 1) move(world, action, { event: "settle_failed", by });
  else if (state === "unknown") move(world, action, { event: "settle_executed", by, changes, details });
}

export function endEffect(world: World, action: Tracked, n: number): void {
  move(world, action, { event: "revert", by: BY_CLOCK });
  move(world, action, { event: n % 8 === 7 ? "revert_failed" : "revert_done", by: BY_CLOCK });
}
