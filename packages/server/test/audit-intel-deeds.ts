import type { Deeds } from "./audit-deeds.ts";

/** Lists of indicators: who brought what in that decides which addresses and files are held against somebody. */
export const intelDeeds: Deeds = {
  "intel.load": async (world) => ({
    by: await world.person("security_manager"),
    input: {
      params: { list: "fingerprints" },
      query: { load: "00000000-0000-4000-8000-000000000001", last: true },
      body: Buffer.from("ja3,e7eca2baf4458d095b7f45da28c16c34,example tool\n"),
    },
    did: "intel.list_loaded",
    object: { kind: "intel_list", id: "fingerprints" },
    before: null,
    after: "1 in force",
  }),
};
