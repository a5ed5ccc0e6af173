import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { captureTypesQuery } from "../api/queries";
import { humanise } from "../words";

/** What a capture type is called, by its slug: the title of the catalogue, everywhere the same. */
export function useTypeTitle(): (slug: string) => string {
  const { data } = useQuery(captureTypesQuery);
  return useCallback((slug) => data?.find((type) => type.name === slug)?.title ?? humanise(slug), [data]);
}

/** The titles of capture types in one line; what they are called in the API is in the tooltip. */
export function TypeTitles({ slugs, most = slugs.length }: { slugs: readonly string[]; most?: number }) {
  const titleOf = useTypeTitle();
  const more = slugs.length - most;
  return (
    <span title={slugs.join(", ")}>
      {slugs.slice(0, most).map(titleOf).join(", ")}
      {more > 0 && <span className="sr-muted"> +{more}</span>}
    </span>
  );
}
