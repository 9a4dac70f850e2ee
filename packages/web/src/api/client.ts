import { createClient } from "@tyr/contract";
import { attentionHeaders } from "./attention.ts";

/** The page's own origin; the session cookie travels by itself and is out of reach of scripts. */
export const api = createClient({ baseUrl: "", headers: () => attentionHeaders() });
