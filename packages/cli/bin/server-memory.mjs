// Plain JavaScript for any Node: how much memory the server's process may take, said where the process is started.
// Measured with bench/ingest.ts (bench/RESULTS.md): V8 sizes its heap by the machine and would let garbage grow to
// three times what is in use; a limit of 1 GiB makes that half as much again, at no throughput we could measure. V8's
// second WebAssembly compiler takes 600 MB, for a second, for one function of the embedded database (105 kB of it): with
// the first compiler alone the processor time per event was the same.
const flags = ["--max-old-space-size=1024", "--max-semi-space-size=8", "--liftoff-only"];

/** What is not set by whoever starts us: `NODE_OPTIONS` wins. */
export function serverFlags(env) {
  return flags.filter((flag) => !(env.NODE_OPTIONS ?? "").includes(flag.split("=", 1)[0] ?? flag));
}

/** The C library's memory: two arenas instead of one per thread, each of which would keep what it was given. */
export function serverEnvironment(env) {
  return { MALLOC_ARENA_MAX: "2", ...env };
}
