import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
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
  component: lazyRouteComponent(() => import("../pages/Dashboard"), "Dashboard"),
});

const collect = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collect",
  validateSearch: searchOf(
    ["step", "name", "find", "preflight", "login", "credential"],
    ["vendor", "platform", "site", "role", "tag", "types", "device", "without"],
  ),
  component: lazyRouteComponent(() => import("../wizard/Collect"), "Collect"),
});

const run = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections/$id/run",
  validateSearch: searchOf(["status", "find", "device", "view"], []),
  component: lazyRouteComponent(() => import("../wizard/Run"), "Run"),
});

const results = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections/$id/results",
  component: lazyRouteComponent(() => import("../wizard/Results"), "Results"),
});

const collections = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections",
  validateSearch: searchOf(["q"], ["status", "created_by"]),
  component: lazyRouteComponent(() => import("../pages/Collections"), "Collections"),
});

const collection = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections/$id",
  validateSearch: searchOf(["tab", "q", "with", "same"], ["status", "failure_kind"]),
  component: lazyRouteComponent(() => import("../pages/CollectionPage"), "CollectionPage"),
});

const collectionDevice = createRoute({
  getParentRoute: () => rootRoute,
  path: "/collections/$id/devices/$deviceId",
  validateSearch: searchOf(["type"], []),
  component: lazyRouteComponent(() => import("../pages/CollectionDevicePage"), "CollectionDevicePage"),
});

const devices = createRoute({
  getParentRoute: () => rootRoute,
  path: "/devices",
  validateSearch: searchOf(["q", "sort", "enabled"], ["vendor", "platform", "site", "role", "tag"]),
  component: lazyRouteComponent(() => import("../pages/Devices"), "Devices"),
});

const deviceImport = createRoute({
  getParentRoute: () => rootRoute,
  path: "/devices/import",
  component: lazyRouteComponent(() => import("../imports/DeviceImportPage"), "DeviceImportPage"),
});

const device = createRoute({
  getParentRoute: () => rootRoute,
  path: "/devices/$id",
  validateSearch: searchOf(["timeline"], []),
  component: lazyRouteComponent(() => import("../pages/DevicePage"), "DevicePage"),
});

const captures = createRoute({
  getParentRoute: () => rootRoute,
  path: "/captures",
  validateSearch: searchOf(["device", "current"], ["capture_type", "verdict"]),
  component: lazyRouteComponent(() => import("../pages/Captures"), "Captures"),
});

const capture = createRoute({
  getParentRoute: () => rootRoute,
  path: "/captures/$id",
  validateSearch: searchOf(["find", "line", "view"], []),
  component: lazyRouteComponent(() => import("../pages/CapturePage"), "CapturePage"),
});

const captureDiff = createRoute({
  getParentRoute: () => rootRoute,
  path: "/captures/$id/diff",
  validateSearch: searchOf(["against", "context", "all_lines", "view"], []),
  component: lazyRouteComponent(() => import("../changes/CaptureDiffPage"), "CaptureDiffPage"),
});

const changes = createRoute({
  getParentRoute: () => rootRoute,
  path: "/changes",
  validateSearch: searchOf(
    ["q", "device", "device_id", "collection_id", "since", "until"],
    ["severity", "site", "platform"],
  ),
  component: lazyRouteComponent(() => import("../changes/Changes"), "Changes"),
});

const rules = createRoute({
  getParentRoute: () => rootRoute,
  path: "/changes/rules",
  component: lazyRouteComponent(() => import("../changes/Rules"), "Rules"),
});

const change = createRoute({
  getParentRoute: () => rootRoute,
  path: "/changes/$id",
  validateSearch: searchOf(["context", "all_lines", "view"], []),
  component: lazyRouteComponent(() => import("../changes/ChangePage"), "ChangePage"),
});

const locate = createRoute({
  getParentRoute: () => rootRoute,
  path: "/locate",
  validateSearch: searchOf(["q"], []),
  component: lazyRouteComponent(() => import("../questions/Locate"), "Locate"),
});

const search = createRoute({
  getParentRoute: () => rootRoute,
  path: "/search",
  validateSearch: searchOf(["q", "history", "device"], ["capture_type", "site", "platform"]),
  component: lazyRouteComponent(() => import("../questions/Search"), "Search"),
});

const topology = createRoute({
  getParentRoute: () => rootRoute,
  path: "/topology",
  validateSearch: searchOf(["node", "unlinked"], ["site", "role", "platform", "device"]),
  component: lazyRouteComponent(() => import("../topology/TopologyPage"), "TopologyPage"),
});

const coverage = createRoute({
  getParentRoute: () => rootRoute,
  path: "/coverage",
  validateSearch: searchOf(["state", "hours"], ["site", "platform", "role"]),
  component: lazyRouteComponent(() => import("../questions/CoveragePage"), "CoveragePage"),
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
  component: lazyRouteComponent(() => import("../tables/TablePage"), "TablePage"),
});

const failures = createRoute({
  getParentRoute: () => rootRoute,
  path: "/failures",
  validateSearch: searchOf(["days", "by"], []),
  component: lazyRouteComponent(() => import("../pages/Failures"), "Failures"),
});

const platforms = createRoute({
  getParentRoute: () => rootRoute,
  path: "/platforms",
  validateSearch: searchOf(["platform"], []),
  component: lazyRouteComponent(() => import("../pages/Platforms"), "Platforms"),
});

const credentials = createRoute({
  getParentRoute: () => rootRoute,
  path: "/credentials",
  component: lazyRouteComponent(() => import("../pages/Credentials"), "Credentials"),
});

const hostKeys = createRoute({
  getParentRoute: () => rootRoute,
  path: "/host-keys",
  validateSearch: searchOf(["state"], []),
  component: lazyRouteComponent(() => import("../pages/HostKeys"), "HostKeys"),
});

const users = createRoute({
  getParentRoute: () => rootRoute,
  path: "/users",
  component: lazyRouteComponent(() => import("../pages/Users"), "Users"),
});

const tokens = createRoute({
  getParentRoute: () => rootRoute,
  path: "/api-tokens",
  component: lazyRouteComponent(() => import("../pages/ApiTokens"), "ApiTokens"),
});

const audit = createRoute({
  getParentRoute: () => rootRoute,
  path: "/audit",
  validateSearch: searchOf([], ["actor", "action", "target"]),
  component: lazyRouteComponent(() => import("../pages/Audit"), "Audit"),
});

const settings = createRoute({
  getParentRoute: () => rootRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("../pages/SettingsPage"), "SettingsPage"),
});

const account = createRoute({
  getParentRoute: () => rootRoute,
  path: "/account",
  component: lazyRouteComponent(() => import("../pages/Account"), "Account"),
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
  defaultPendingMs: 300,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
