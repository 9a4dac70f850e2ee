import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { modeQuery } from "../api/queries.ts";
import { useCan } from "../api/session.ts";
import { Icon } from "../kit/icon.tsx";
import { ModeBadge } from "../kit/mode.tsx";
import { live, useLive } from "../live/use-live.ts";
import { useNow } from "../time/use-zone.ts";
import { setPreferences, usePreferences } from "./preferences.ts";
import { THEMES, useChosenZone, ZONES } from "./choices.ts";
import { UserMenu } from "./user-menu.tsx";

export function Header({ onPalette }: Readonly<{ onPalette: () => void }>): ReactNode {
  return (
    <header className="header">
      <button type="button" className="search-button" onClick={onPalette} aria-keyshortcuts="Control+K Meta+K">
        <Icon name="search" />
        <span>Go to or search</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div className="header-end">
        <Situation />
        <LiveLight />
        <ZoneSwitch />
        <ThemeSwitch />
        <UserMenu />
      </div>
    </header>
  );
}

/** What is not as usual: a mode other than normal, one’s own approval that counts, no production. Otherwise nothing. */
function Situation(): ReactNode {
  const can = useCan();
  const view = useQuery({ ...modeQuery, enabled: can("overview:read") }).data;
  if (view === undefined) return null;
  return (
    <>
      {view.environment === "production" ? null : (
        <span className="badge environment" title="Policies may ask for less here than in production">
          {view.environment}
        </span>
      )}
      {view.singlePerson?.on === true ? (
        <Link to="/mode" className="mode-link" title="Single-person mode is on">
          <span className="badge state-wait">
            <Icon name="person" size={12} />
            one decides alone
          </span>
        </Link>
      ) : null}
      {view.mode === "normal" ? null : (
        <Link to="/mode" className="mode-link" aria-label={`Mode: ${view.mode}`}>
          <ModeBadge mode={view.mode} />
        </Link>
      )}
    </>
  );
}

function LiveLight(): ReactNode {
  const { connection, losses } = useLive();
  const now = useNow(1000);
  if (connection.state === "waiting") {
    const seconds = Math.max(0, Math.ceil((connection.retryAt - now) / 1000));
    return (
      <button type="button" className="live-light waiting" onClick={() => live.retryNow()}>
        <span className="live-dot" />
        Offline, again in {seconds} s
      </button>
    );
  }
  const word = connection.state === "live" ? "Live" : connection.state === "connecting" ? "Connecting" : "Stopped";
  const title =
    losses === 0 ? "No message was missed" : `Missed messages ${losses} times; the screens were read again each time`;
  return (
    <span className={`live-light ${connection.state}`} title={title}>
      <span className="live-dot" />
      {word}
    </span>
  );
}

function ZoneSwitch(): ReactNode {
  const { zone, choose } = useChosenZone();
  return (
    <div className="switch" role="group" aria-label="Time zone of all times">
      {ZONES.map(({ value, word }) => (
        <button key={value} type="button" aria-pressed={zone === value} onClick={() => choose(value)}>
          {word}
        </button>
      ))}
    </div>
  );
}

function ThemeSwitch(): ReactNode {
  const { theme } = usePreferences();
  return (
    <div className="switch" role="group" aria-label="Theme">
      {THEMES.map(({ value, icon }) => (
        <button
          key={value}
          type="button"
          aria-pressed={theme === value}
          aria-label={`${value} theme`}
          title={`${value} theme`}
          onClick={() => setPreferences({ theme: value })}
        >
          <Icon name={icon} size={14} />
        </button>
      ))}
    </div>
  );
}
