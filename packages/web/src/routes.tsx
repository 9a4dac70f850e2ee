import {
  ACTION_STATES,
  ApiProblem,
  ATTACKER_ORDERS,
  BEHAVIOUR_CLASSES,
  BLOCK_STATES,
  EVENT_KINDS,
  EVENT_OUTCOMES,
  INCIDENT_STATES,
  RULE_REACHES,
  SEVERITIES,
} from "@tyr/contract";
import {
  createRootRoute,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { api } from "./api/client.ts";
import { queryClient, sessionQuery } from "./api/queries.ts";
import { ErrorNotice, Skeleton } from "./kit/notice.tsx";
import { OverviewPage } from "./overview/page.tsx";
import { idOf, instant, oneOf, searchParams, text } from "./search/search-params.ts";
import { Layout } from "./shell/layout.tsx";
import { NotFound } from "./shell/not-found.tsx";

const rootSearch = searchParams({ tz: oneOf(["local", "utc"]) });

const root = createRootRoute({
  validateSearch: rootSearch,
  search: { middlewares: [retainSearchParams(["tz"])] },
  component: Outlet,
  notFoundComponent: NotFound,
});

/** Everything below is for somebody signed in; nobody yet: first set-up, then login, then back to where one was going. */
const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ location }) => {
    try {
      const { lacksSecondFactor, mustChangePassword } = await queryClient.ensureQueryData(sessionQuery);
      const isBound = lacksSecondFactor === true || mustChangePassword === true;
      if (isBound && location.pathname !== "/account") throw redirect({ to: "/account" });
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
      const { needed } = await api.call("setup.state", {});
      if (needed) throw redirect({ to: "/setup" });
      throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href } });
    }
  },
  component: Layout,
  errorComponent: ({ error, reset }) => (
    <div className="page narrow">
      <ErrorNotice error={error} retry={reset} />
    </div>
  ),
  pendingComponent: Skeleton,
});

const overview = createRoute({ getParentRoute: () => app, path: "/", component: OverviewPage });

const events = createRoute({
  getParentRoute: () => app,
  path: "/events",
  validateSearch: searchParams({
    q: text(256),
    ip: text(64),
    user: text(256),
    session: text(128),
    kind: oneOf(EVENT_KINDS),
    outcome: oneOf(EVENT_OUTCOMES),
    sensor: idOf("sensor"),
    from: instant,
    to: instant,
    event: idOf("event"),
    view: oneOf(["fields", "ecs", "raw"]),
  }),
  component: lazyRouteComponent(async () => await import("./events/page.tsx"), "EventsPage"),
});

const detections = createRoute({
  getParentRoute: () => app,
  path: "/detections",
  validateSearch: searchParams({
    ip: text(64),
    rule: text(100),
    technique: text(9),
    incident: idOf("incident"),
    event: idOf("event"),
    detection: idOf("detection"),
    sort: text(40),
  }),
  component: lazyRouteComponent(async () => await import("./detections/page.tsx"), "DetectionsPage"),
});

const attack = createRoute({
  getParentRoute: () => app,
  path: "/attack",
  validateSearch: searchParams({
    domain: text(30),
    q: text(80),
    confidence: oneOf(["0.3", "0.8", "0.9"]),
    from: instant,
    to: instant,
    cover: oneOf(["off"]),
    seen: oneOf(["off"]),
    tested: oneOf(["off"]),
    show: oneOf(["found"]),
    parts: oneOf(["all"]),
    cell: text(60),
  }),
  component: lazyRouteComponent(async () => await import("./attack/page.tsx"), "AttackPage"),
});

const rules = createRoute({
  getParentRoute: () => app,
  path: "/rules",
  validateSearch: searchParams({
    q: text(80),
    state: oneOf(["enabled", "disabled", "clipped", "muted"]),
    level: oneOf(SEVERITIES),
    reach: oneOf(RULE_REACHES),
    never: oneOf(["only"]),
    sort: text(40),
  }),
  component: lazyRouteComponent(async () => await import("./rules/page.tsx"), "RulesPage"),
});

const rule = createRoute({
  getParentRoute: () => app,
  path: "/rules/$id",
  validateSearch: searchParams({
    tab: oneOf(["findings", "source", "backtest", "backfill"]),
    backtest: idOf("backtest"),
  }),
  component: lazyRouteComponent(async () => await import("./rules/rule.tsx"), "RulePage"),
});

const attackers = createRoute({
  getParentRoute: () => app,
  path: "/attackers",
  validateSearch: searchParams({
    tab: oneOf(["identities", "campaigns"]),
    ip: text(64),
    service: text(64),
    sensor: idOf("sensor"),
    behaviour: oneOf(BEHAVIOUR_CLASSES),
    minRisk: oneOf(["40", "70", "90"]),
    identity: idOf("identity"),
    campaign: idOf("campaign"),
    order: oneOf(ATTACKER_ORDERS),
    many: oneOf(["only"]),
  }),
  component: lazyRouteComponent(async () => await import("./attackers/page.tsx"), "AttackersPage"),
});

const attacker = createRoute({
  getParentRoute: () => app,
  path: "/attackers/$id",
  validateSearch: searchParams({ tab: oneOf(["sessions", "credentials", "traces", "ladder"]) }),
  component: lazyRouteComponent(async () => await import("./attackers/attacker.tsx"), "AttackerPage"),
});

const identity = createRoute({
  getParentRoute: () => app,
  path: "/identities/$id",
  validateSearch: searchParams({ tab: oneOf(["addresses", "habits", "techniques"]) }),
  component: lazyRouteComponent(async () => await import("./attackers/identity.tsx"), "IdentityPage"),
});

const campaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/$id",
  validateSearch: searchParams({ tab: oneOf(["identities", "techniques"]) }),
  component: lazyRouteComponent(async () => await import("./attackers/campaign.tsx"), "CampaignPage"),
});

const incidents = createRoute({
  getParentRoute: () => app,
  path: "/incidents",
  validateSearch: searchParams({
    show: oneOf(["all"]),
    state: oneOf(INCIDENT_STATES),
    severity: oneOf(SEVERITIES),
    ip: text(64),
  }),
  component: lazyRouteComponent(async () => await import("./incidents/queue.tsx"), "IncidentsPage"),
});

const incident = createRoute({
  getParentRoute: () => app,
  path: "/incidents/$id",
  validateSearch: searchParams({ tab: oneOf(["detections", "actions"]), detection: idOf("detection") }),
  component: lazyRouteComponent(async () => await import("./incidents/page.tsx"), "IncidentPage"),
});

const approvals = createRoute({
  getParentRoute: () => app,
  path: "/approvals",
  validateSearch: searchParams({
    tab: oneOf(["history", "break-glass"]),
    // Also what is no id: a link that was cut off says so, and never shows the first request instead.
    action: text(64),
    state: oneOf(ACTION_STATES),
    target: text(64),
  }),
  component: lazyRouteComponent(async () => await import("./approvals/page.tsx"), "ApprovalsPage"),
});

const request = createRoute({
  getParentRoute: () => app,
  path: "/approvals/$id",
  component: lazyRouteComponent(async () => await import("./approvals/request.tsx"), "RequestPage"),
});

const blocks = createRoute({
  getParentRoute: () => app,
  path: "/blocks",
  validateSearch: searchParams({
    tab: oneOf(["enforcers", "allow"]),
    state: oneOf(BLOCK_STATES),
    value: text(64),
    block: idOf("block"),
    sort: text(40),
  }),
  component: lazyRouteComponent(async () => await import("./blocks/page.tsx"), "BlocksPage"),
});

const policy = createRoute({
  getParentRoute: () => app,
  path: "/policy",
  validateSearch: searchParams({
    tab: oneOf(["draft", "versions"]),
    version: text(64),
    file: text(100),
    pane: oneOf(["tests", "coverage", "changes", "backtest"]),
    backtest: idOf("policyBacktest"),
  }),
  component: lazyRouteComponent(async () => await import("./policy/page.tsx"), "PolicyPage"),
});

const mode = createRoute({
  getParentRoute: () => app,
  path: "/mode",
  component: lazyRouteComponent(async () => await import("./mode/page.tsx"), "ModePage"),
});

const audit = createRoute({
  getParentRoute: () => app,
  path: "/audit",
  validateSearch: searchParams({
    text: text(200),
    type: text(80),
    object: text(120),
    actor: text(120),
    outcome: oneOf(["success", "refused", "failure"]),
    request: text(200),
    anomalies: oneOf(["only"]),
    from: instant,
    to: instant,
    entry: idOf("auditEntry"),
  }),
  component: lazyRouteComponent(async () => await import("./audit/page.tsx"), "AuditPage"),
});

const sensors = createRoute({
  getParentRoute: () => app,
  path: "/sensors",
  validateSearch: searchParams({
    tab: oneOf(["quarantine"]),
    sensor: idOf("sensor"),
    item: idOf("quarantine"),
    sort: text(40),
  }),
  component: lazyRouteComponent(async () => await import("./sensors/page.tsx"), "SensorsPage"),
});

const users = createRoute({
  getParentRoute: () => app,
  path: "/users",
  validateSearch: searchParams({ user: idOf("subject"), sort: text(40) }),
  component: lazyRouteComponent(async () => await import("./users/page.tsx"), "UsersPage"),
});

const roles = createRoute({
  getParentRoute: () => app,
  path: "/roles",
  validateSearch: searchParams({ sort: text(40) }),
  component: lazyRouteComponent(async () => await import("./roles/page.tsx"), "RolesPage"),
});

const reviews = createRoute({
  getParentRoute: () => app,
  path: "/reviews",
  validateSearch: searchParams({ review: idOf("review") }),
  component: lazyRouteComponent(async () => await import("./reviews/page.tsx"), "ReviewsPage"),
});

const keys = createRoute({
  getParentRoute: () => app,
  path: "/keys",
  validateSearch: searchParams({ tab: oneOf(["services", "all"]), sort: text(40) }),
  component: lazyRouteComponent(async () => await import("./keys/page.tsx"), "KeysPage"),
});

const privacy = createRoute({
  getParentRoute: () => app,
  path: "/privacy",
  component: lazyRouteComponent(async () => await import("./privacy/page.tsx"), "PrivacyPage"),
});

const account = createRoute({
  getParentRoute: () => app,
  path: "/account",
  component: lazyRouteComponent(async () => await import("./account/page.tsx"), "AccountPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: searchParams({ next: text(2000) }),
  component: lazyRouteComponent(async () => await import("./entry/login.tsx"), "LoginPage"),
});

const sso = createRoute({
  getParentRoute: () => root,
  path: "/sso/$provider",
  component: lazyRouteComponent(async () => await import("./entry/sso.tsx"), "SsoPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(async () => await import("./entry/setup.tsx"), "SetupPage"),
});

export const routeTree = root.addChildren([
  app.addChildren([
    overview,
    events,
    detections,
    attack,
    rules,
    rule,
    attackers,
    attacker,
    identity,
    campaign,
    incidents,
    incident,
    approvals,
    request,
    blocks,
    policy,
    mode,
    audit,
    sensors,
    users,
    roles,
    reviews,
    keys,
    privacy,
    account,
  ]),
  login,
  sso,
  setup,
]);
