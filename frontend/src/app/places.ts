/** The rooms that the navigation and the palette lead to. */
import type { ComponentType } from "react";
import * as icons from "../ui/icons";

export type Place =
  | "/"
  | "/collections"
  | "/failures"
  | "/devices"
  | "/captures"
  | "/changes"
  | "/locate"
  | "/search"
  | "/topology"
  | "/coverage"
  | "/tables"
  | "/platforms"
  | "/credentials"
  | "/host-keys"
  | "/api-tokens"
  | "/users"
  | "/audit"
  | "/settings";

export interface PlaceEntry {
  to: Place;
  title: string;
  icon: ComponentType<{ size?: number }>;
  needs?: "operator" | "admin";
}

export const PLACES: readonly { head?: string; needs?: "admin"; places: readonly PlaceEntry[] }[] = [
  {
    places: [
      { to: "/", title: "Dashboard", icon: icons.IconHome },
      { to: "/collections", title: "Collections", icon: icons.IconList },
      { to: "/failures", title: "Failures", icon: icons.IconWarn },
    ],
  },
  {
    head: "Network",
    places: [
      { to: "/devices", title: "Devices", icon: icons.IconDevice },
      { to: "/captures", title: "Captures", icon: icons.IconFile },
      { to: "/changes", title: "Changes", icon: icons.IconChange },
      { to: "/tables", title: "Tables", icon: icons.IconTable },
      { to: "/locate", title: "Locate", icon: icons.IconPin },
      { to: "/search", title: "Search", icon: icons.IconSearch },
      { to: "/topology", title: "Topology", icon: icons.IconGraph },
      { to: "/coverage", title: "Coverage", icon: icons.IconGrid },
      { to: "/platforms", title: "Platforms", icon: icons.IconBook },
    ],
  },
  {
    head: "Access",
    places: [
      { to: "/credentials", title: "Credentials", icon: icons.IconKey, needs: "operator" },
      { to: "/host-keys", title: "Host keys", icon: icons.IconShield },
      { to: "/api-tokens", title: "API tokens", icon: icons.IconTicket },
    ],
  },
  {
    head: "Administration",
    needs: "admin",
    places: [
      { to: "/users", title: "Users", icon: icons.IconUsers, needs: "admin" },
      { to: "/audit", title: "Audit log", icon: icons.IconList, needs: "admin" },
      { to: "/settings", title: "Settings", icon: icons.IconGear, needs: "admin" },
    ],
  },
];
