import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";
import { overviewQuery } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Icon, Mark } from "../kit/icon.tsx";
import { SCREENS } from "./screens.ts";

export function Nav(): ReactNode {
  const can = useCan();
  const overview = useQuery({ ...overviewQuery, enabled: can("overview:read") }).data;
  const counts: Readonly<Record<string, number | undefined>> = {
    "/incidents": overview?.incidents.open,
    "/approvals": overview?.approvals.waiting,
  };
  const menu = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // On a narrow screen the menu is a strip that scrolls sideways: where one is must be in view.
  useEffect(() => {
    const screen = `/${pathname.split("/")[1] ?? ""}`;
    menu.current
      ?.querySelector(`a.nav-link[href^="${screen}"]`)
      ?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  return (
    <nav className="nav" aria-label="Screens" ref={menu}>
      <Link to="/" className="nav-brand" aria-label="Tyr, overview">
        <Mark />
        <span className="nav-word">Tyr</span>
      </Link>
      <ul>
        {SCREENS.filter((screen) => can(screen.needs)).map((screen) => (
          <li key={screen.to}>
            <Link
              to={screen.to}
              className="nav-link"
              activeOptions={{ exact: screen.to === "/", includeSearch: false }}
            >
              <Icon name={screen.icon} />
              <span className="nav-title">{screen.title}</span>
              {counts[screen.to] === undefined || counts[screen.to] === 0 ? null : (
                <span className={screen.to === "/approvals" ? "count count-strong" : "count"}>{counts[screen.to]}</span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
