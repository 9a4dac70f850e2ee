import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/kit.css";
import "./styles/frame.css";
import "./styles/table.css";
import "./styles/screens.css";
import "./styles/detect.css";
import "./styles/govern.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { createRouter, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { watchAttention } from "./api/attention.ts";
import { queryClient, sessionQuery, signedOut } from "./api/queries.ts";
import { routeTree } from "./routes.tsx";
import { parseSearch, stringifySearch } from "./search/search-params.ts";
import { applyTheme } from "./shell/preferences.ts";

watchAttention(globalThis);
const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPendingMs: 200,
  scrollRestoration: false,
});
declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

signedOut.act = () => {
  if (router.state.location.pathname === "/login") return;
  queryClient.removeQueries({ queryKey: sessionQuery.queryKey });
  void router.navigate({ to: "/login", search: { next: router.state.location.href } });
};

applyTheme();
const element = document.querySelector("#root");
if (element === null) throw new Error("index.html has no #root");
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
