import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { lazyPart } from "./lazyPart";
import { PageProblem } from "./PageProblem";
import { NotFound, Shell } from "./Shell";
import { parseSearch, searchOf, stringifySearch } from "./search";

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: PageProblem,
});

const dashboard = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  component: lazyPart(() => import("../pages/Dashboard"), "Dashboard"),
});

const collect = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collect",
  validateSearch: searchOf(
    ["step", "name", "find", "preflight", "login", "credential"],
    ["vendor", "platform", "site", "role", "tag", "types", "device", "without"],
  ),
  component: lazyPart(() => import("../wizard/Collect"), "Collect"),
});

const run = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections/$id/run",
  validateSearch: searchOf(["status", "find", "device", "view"], []),
  component: lazyPart(() => import("../wizard/Run"), "Run"),
});

const results = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections/$id/results",
  component: lazyPart(() => import("../wizard/Results"), "Results"),
});

const collections = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections",
  validateSearch: searchOf(["q"], ["status", "created_by"]),
  component: lazyPart(() => import("../pages/Collections"), "Collections"),
});

const collection = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections/$id",
  validateSearch: searchOf(["tab", "q", "with", "same"], ["status", "failure_kind"]),
  component: lazyPart(() => import("../pages/CollectionPage"), "CollectionPage"),
});

const collectionDevice = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections/$id/devices/$deviceId",
  validateSearch: searchOf(["type"], []),
  component: lazyPart(() => import("../pages/CollectionDevicePage"), "CollectionDevicePage"),
});

const devices = createRoute({
  getParentRoute: () => rootRoute,
  path: "/devices",
  validateSearch: searchOf(["q", "sort", "enabled"], ["vendor", "platform", "site", "role", "tag"]),
  component: lazyPart(() => import("../pages/Devices"), "Devices"),
});

const deviceImport = createRoute({
  getParentRoute: () => rootRoute,
  path: "/devices/import",
  component: lazyPart(() => import("../imports/DeviceImportPage"), "DeviceImportPage"),
});

const device = createRoute({
  getParentRoute: () => rootRoute,
  path: "/devices/$id",
  validateSearch: searchOf(["timeline", "check"], []),
  component: lazyPart(() => import("../pages/DevicePage"), "DevicePage"),
});

const captures = createRoute({
  getParentRoute: () => rootRoute,
  path: "/captures",
  validateSearch: searchOf(["device", "current"], ["capture_type", "verdict"]),
  component: lazyPart(() => import("../pages/Captures"), "Captures"),
});

const capture = createRoute({
  getParentRoute: () => rootRoute,
  path: "/captures/$id",
  validateSearch: searchOf(["find", "line", "view"], []),
  component: lazyPart(() => import("../pages/CapturePage"), "CapturePage"),
});

const captureDiff = createRoute({
  getParentRoute: () => rootRoute,
  path: "/captures/$id/diff",
  validateSearch: searchOf(["against", "context", "all_lines", "view"], []),
  component: lazyPart(() => import("../changes/CaptureDiffPage"), "CaptureDiffPage"),
});

const changes = createRoute({
  getParentRoute: () => rootRoute,
  path: "/changes",
  validateSearch: searchOf(
    ["q", "device", "device_id", "collection_id", "since", "until"],
    ["severity", "site", "platform"],
  ),
  component: lazyPart(() => import("../changes/Changes"), "Changes"),
});

const rules = createRoute({
  getParentRoute: () => rootRoute,
  path: "/changes/rules",
  component: lazyPart(() => import("../changes/Rules"), "Rules"),
});

const change = createRoute({
  getParentRoute: () => rootRoute,
  path: "/changes/$id",
  validateSearch: searchOf(["context", "all_lines", "view"], []),
  component: lazyPart(() => import("../changes/ChangePage"), "ChangePage"),
});

const locate = createRoute({
  getParentRoute: () => rootRoute,
  path: "/locate",
  validateSearch: searchOf(["q"], []),
  component: lazyPart(() => import("../questions/Locate"), "Locate"),
});

const search = createRoute({
  getParentRoute: () => rootRoute,
  path: "/search",
  validateSearch: searchOf(["q", "history", "device"], ["capture_type", "site", "platform"]),
  component: lazyPart(() => import("../questions/Search"), "Search"),
});

const topology = createRoute({
  getParentRoute: () => rootRoute,
  path: "/topology",
  validateSearch: searchOf(["node", "unlinked"], ["site", "role", "platform", "device"]),
  component: lazyPart(() => import("../topology/TopologyPage"), "TopologyPage"),
});

const coverage = createRoute({
  getParentRoute: () => rootRoute,
  path: "/coverage",
  validateSearch: searchOf(["state", "hours"], ["site", "platform", "role"]),
  component: lazyPart(() => import("../questions/CoveragePage"), "CoveragePage"),
});

const tables = createRoute({
  getParentRoute: () => rootRoute,
  path: "/tables",
  beforeLoad: () => {
    throw redirect({ to: "/tables/$table", params: { table: "arp" }, search: {} });
  },
});

const table = createRoute({
  getParentRoute: () => rootRoute,
  path: "/tables/$table",
  validateSearch: searchOf(
    [
      "device",
      "device_id",
      "ip",
      "mac",
      "prefix",
      "vlan",
      "interface",
      "vrf",
      "protocol",
      "name",
      "serial",
      "os_version",
      "as_of",
      "row",
    ],
    [],
  ),
  component: lazyPart(() => import("../tables/TablePage"), "TablePage"),
});

const failures = createRoute({
  getParentRoute: () => rootRoute,
  path: "/failures",
  validateSearch: searchOf(["days", "by"], []),
  component: lazyPart(() => import("../pages/Failures"), "Failures"),
});

const platforms = createRoute({
  getParentRoute: () => rootRoute,
  path: "/platforms",
  validateSearch: searchOf(["platform"], []),
  component: lazyPart(() => import("../pages/Platforms"), "Platforms"),
});

const credentials = createRoute({
  getParentRoute: () => rootRoute,
  path: "/credentials",
  component: lazyPart(() => import("../pages/Credentials"), "Credentials"),
});

const hostKeys = createRoute({
  getParentRoute: () => rootRoute,
  path: "/host-keys",
  validateSearch: searchOf(["state", "device_id"], []),
  component: lazyPart(() => import("../pages/HostKeys"), "HostKeys"),
});

const users = createRoute({
  getParentRoute: () => rootRoute,
  path: "/users",
  component: lazyPart(() => import("../pages/Users"), "Users"),
});

const tokens = createRoute({
  getParentRoute: () => rootRoute,
  path: "/api-tokens",
  component: lazyPart(() => import("../pages/ApiTokens"), "ApiTokens"),
});

const audit = createRoute({
  getParentRoute: () => rootRoute,
  path: "/audit",
  validateSearch: searchOf(["event"], ["actor", "action", "target"]),
  component: lazyPart(() => import("../pages/Audit"), "Audit"),
});

const settings = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  component: lazyPart(() => import("../pages/SettingsPage"), "SettingsPage"),
});

const account = createRoute({
  getParentRoute: () => rootRoute,
  path: "/account",
  component: lazyPart(() => import("../pages/Account"), "Account"),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    dashboard,
    collect,
    run,
    results,
    collections,
    collection,
    collectionDevice,
    devices,
    deviceImport,
    device,
    captures,
    capture,
    captureDiff,
    changes,
    rules,
    change,
    locate,
    search,
    topology,
    coverage,
    tables,
    table,
    failures,
    platforms,
    credentials,
    hostKeys,
    users,
    tokens,
    audit,
    settings,
    account,
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  scrollRestoration: true,
  // Inside the frame, so that one can go on to another page.
  defaultErrorComponent: PageProblem,
  defaultPendingMs: 300,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
