// Every room of the interface by its address, for what looks at all of them: accessibility, screenshots.

/** Asks the API of the server as a person who signs in. */
export async function client(base, username, password) {
  const send = async (path, token, options = {}) => {
    const response = await fetch(new URL(`/api/v1${path}`, base), {
      ...options,
      headers: {
        "content-type": options.type ?? "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const { access_token: token } = await send("/auth/login", undefined, {
    method: "POST",
    body: JSON.stringify({ username, password }),
  });
  return {
    get: (path) => send(path, token),
    post: (path, body) => send(path, token, { method: "POST", body: JSON.stringify(body) }),
    upload: (path, type, body) => send(path, token, { method: "POST", type, body }),
  };
}

/**
 * The rooms with what is in them on this server: the newest collection that has failures, its devices and texts. `needs` is
 * the role without which a room only says so.
 */
export async function rooms(api) {
  const collections = (await api.get("/collections?limit=50")).items;
  const ended = collections.filter((each) => each.finished_at !== undefined);
  const collection = ended.find((each) => each.devices_failed > 0 && each.devices_succeeded > 0) ?? ended[0];
  if (collection === undefined) throw new Error("no collection has ended yet: there is little to see");
  const id = collection.id;
  const good = (await api.get(`/collections/${id}/devices?status=succeeded&limit=1`)).items[0];
  const bad = (await api.get(`/collections/${id}/devices?status=failed&limit=1`)).items[0] ?? good;
  const captures = (await api.get("/captures?current=true&limit=100")).items;
  const config = captures.find((each) => each.capture_type === "configs") ?? captures[0];
  const table = captures.find((each) => each.capture_type === "arp") ?? config;
  const change = (await api.get("/config-changes?limit=1")).items[0];
  const arp = (await api.get("/arp-entries?limit=1")).items[0];
  const list = [
    ["dashboard", "/"],
    ["wizard-1-select", "/collect", "operator"],
    ["wizard-2-options", "/collect?step=2", "operator"],
    ["wizard-3-collecting", `/collections/${id}/run`],
    ["wizard-4-complete", `/collections/${id}/results`],
    ["collections", "/collections"],
    ["collection", `/collections/${id}`],
    ["collection-failures", `/collections/${id}?tab=failures`],
    ["collection-captures", `/collections/${id}?tab=captures`],
    ["collection-commands", `/collections/${id}?tab=plan`],
    ["collection-compare", `/collections/${id}?tab=compare`],
    ["collection-about", `/collections/${id}?tab=about`],
    ["collection-device", `/collections/${id}/devices/${good?.device_id}`],
    ["collection-device-failed", `/collections/${id}/devices/${bad?.device_id}`],
    ["devices", "/devices"],
    ["device", `/devices/${good?.device_id}`],
    ["device-import", "/devices/import", "operator"],
    ["changes", "/changes"],
    ...(change === undefined ? [] : [["change", `/changes/${change.id}`]]),
    ["change-rules", "/changes/rules"],
    ["capture-compare", `/captures/${config?.id}/diff`],
    ["captures", "/captures"],
    ["capture", `/captures/${config?.id}`],
    ["capture-records", `/captures/${table?.id}`],
    ["locate", `/locate?q=${encodeURIComponent(arp?.mac ?? "00:11:22:33:44:55")}`],
    ["search", "/search?q=ntp"],
    ["topology", "/topology"],
    ["coverage", "/coverage"],
    ["tables-arp", "/tables/arp"],
    ["tables-mac", "/tables/mac"],
    ["tables-neighbors", "/tables/neighbors"],
    ["tables-interfaces", "/tables/interfaces"],
    ["tables-routes", "/tables/routes"],
    ["tables-inventory", "/tables/inventory"],
    ["tables-versions", "/tables/versions"],
    ["failures", "/failures"],
    ["platforms", "/platforms"],
    ["credentials", "/credentials", "operator"],
    ["host-keys", "/host-keys"],
    ["users", "/users", "admin"],
    ["api-tokens", "/api-tokens"],
    ["audit", "/audit", "admin"],
    ["settings", "/settings", "admin"],
    ["account", "/account"],
    ["nowhere", "/there/is/no/such/page"],
  ];
  return list.map(([name, path, needs]) => ({ name, path, needs }));
}
