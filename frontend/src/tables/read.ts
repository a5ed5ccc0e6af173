/** How the tables are asked for. */
import { api, ask } from "../api/client";
import type { Page } from "../api/types";
import { PATHS, type Rows, type Slug, type TableQuery } from "./tables";

type Asked = TableQuery & { limit: number; page_token?: string; include_total?: boolean };

export const READ: { [Of in Slug]: (query: Asked) => Promise<Page<Rows[Of]>> } = {
  arp: (query) => ask(api.GET(PATHS.arp, { params: { query } })),
  mac: (query) => ask(api.GET(PATHS.mac, { params: { query } })),
  neighbors: (query) => ask(api.GET(PATHS.neighbors, { params: { query } })),
  interfaces: (query) => ask(api.GET(PATHS.interfaces, { params: { query } })),
  routes: (query) => ask(api.GET(PATHS.routes, { params: { query } })),
  inventory: (query) => ask(api.GET(PATHS.inventory, { params: { query } })),
  versions: (query) => ask(api.GET(PATHS.versions, { params: { query } })),
};
