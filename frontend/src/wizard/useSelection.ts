import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import type { DeviceFilters } from "../api/types";
import { clean } from "../app/search";
import { choosing, flipping, isLost, onlyOf, withoutOf } from "./selection";
import { useDraft } from "./store";

const route = getRouteApi("/collect");

export function useFilters(): DeviceFilters {
  const { vendor, platform, site, role, tag, name } = route.useSearch();
  const key = JSON.stringify([vendor, platform, site, role, tag, name]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same filters must be the same object
  return useMemo(() => clean({ vendor, platform, site, role, tag, name: name ? [name] : undefined }), [key]);
}

/** Which devices. Each change makes a check that was made of others out of date, so the address lets go of it. */
export function useSelection() {
  const { device, without } = route.useSearch();
  const navigate = route.useNavigate();
  const draft = useDraft();
  const only = useMemo(() => onlyOf({ device }, draft), [device, draft]);
  const excluded = useMemo(() => withoutOf({ without }, draft), [without, draft]);

  const change = (next: (before: ReturnType<typeof route.useSearch>) => Record<string, unknown>) =>
    void navigate({
      search: (before) => clean({ ...before, preflight: undefined, ...next(before) }),
      replace: true,
    });
  return {
    /** `undefined`: all that match. A list: these. */
    only,
    /** Of all that match, the ones left out. */
    excluded,
    lost: isLost({ device, without }, draft),
    isChosen: (id: string) => (only === undefined ? !excluded.includes(id) : only.includes(id)),
    nameOf: (id: string) => draft.names[id],
    chooseAll: () => change(() => ({ device: undefined, without: undefined })),
    chooseNone: () => change(() => ({ ...choosing([]).address, without: undefined })),
    flip: (id: string, name: string) => {
      draft.named(id, name);
      // From what the address is by now: a second click may come before the page is drawn again.
      change((before) => {
        const { address, keep } = flipping(before, useDraft.getState(), id);
        if (keep) draft.keep(keep);
        return { device: undefined, without: undefined, ...address };
      });
    },
    /** Single devices that were picked stay picked, and those left out stay out: filters then only help to find more. */
    filter: (filters: { [Key in keyof DeviceFilters]?: string[] | string }) => change(() => filters),
  };
}
