import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { Skeleton } from "../kit/notice.tsx";
import { Toasts } from "../kit/toast.tsx";
import { useLiveRefresh } from "../live/use-live.ts";
import { Header } from "./header.tsx";
import { Nav } from "./nav.tsx";
import { ProofPrompt } from "./proof-prompt.tsx";

const Palette = lazy(async () => ({ default: (await import("./palette.tsx")).Palette }));

/** The frame around every screen of somebody signed in. */
export function Layout(): ReactNode {
  useLiveRefresh();
  const [palette, setPalette] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setPalette((open) => !open);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Nav />
      <div className="frame-main">
        <Header onPalette={() => setPalette(true)} />
        <main id="main" tabIndex={-1}>
          <Suspense fallback={<Skeleton />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {palette ? (
        <Suspense fallback={null}>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      ) : null}
      <ProofPrompt />
      <Toasts />
    </div>
  );
}
