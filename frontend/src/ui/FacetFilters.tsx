import { useQuery } from "@tanstack/react-query";
import { facetsQuery } from "../api/queries";
import type { DeviceFacets } from "../api/types";
import { FilterField } from "../wizard/DevicePicker";

const FACETS = {
  vendor: { label: "Vendor", of: "vendors" },
  site: { label: "Site", of: "sites" },
  role: { label: "Role", of: "roles" },
  platform: { label: "Platform", of: "platforms" },
  tag: { label: "Tag", of: "tags" },
} as const satisfies Record<string, { label: string; of: keyof DeviceFacets }>;

type Chosen<Name extends keyof typeof FACETS> = { [Each in Name]?: string[] };

interface Props<Name extends keyof typeof FACETS> {
  /** Which of them a list can be narrowed by, in the order in which they stand. */
  names: readonly Name[];
  chosen: Chosen<Name>;
  onChange: (next: Chosen<Name>) => void;
}

/** Fields by which devices are chosen, each with what the inventory has of it. */
export function FacetFilters<Name extends keyof typeof FACETS>({ names, chosen, onChange }: Props<Name>) {
  const facets = useQuery(facetsQuery);
  return names.map((name) => {
    const { label, of } = FACETS[name];
    return (
      <FilterField
        key={name}
        label={label}
        facets={facets.data?.[of]}
        value={chosen[name] ?? []}
        onChange={(values) => {
          const next: Chosen<Name> = {};
          next[name] = values;
          onChange(next);
        }}
      />
    );
  });
}
