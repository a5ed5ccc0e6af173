import { SimpleGrid, Stack } from "@mantine/core";
import type { Collection } from "../api/types";
import { count } from "../format";
import { TypeTitles, useTypeTitle } from "../ui/captureTypes";
import { Exports } from "../ui/Exports";
import { Facts, Panel } from "../ui/Page";
import { Moment } from "../ui/Time";

/** What a collection was asked for, what came of it, and its files. */
export function AboutTab({ collection }: { collection: Collection }) {
  const { options } = collection;
  const titleOf = useTypeTitle();
  const chosen = filtersOf(collection.filters);
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Panel title="What was asked for">
          <Facts
            facts={[
              ["Capture types", <TypeTitles key="t" slugs={collection.capture_types} />],
              ["Filters", chosen.join("; ") || "none"],
              ["Workers", count(options.max_workers ?? 5)],
              ["Command timeout", `${options.command_timeout_seconds} s`],
              [
                "Command limit",
                options.command_total_seconds ? `${options.command_total_seconds} s` : "as the platform says",
              ],
              ["Connect timeout", `${options.connect_timeout_seconds} s`],
              ["Retries", count(options.retries ?? 0)],
              ["Load into the database", options.auto_load_db ? "yes" : "no"],
              [
                "Id",
                <span className="sr-mono" key="id">
                  {collection.id}
                </span>,
              ],
            ]}
          />
        </Panel>
        <Panel title="What came of it">
          <Facts
            facts={[
              ["Created", <Moment key="c" at={collection.created_at} />],
              ["Started", collection.started_at ? <Moment key="s" at={collection.started_at} /> : "not yet"],
              [
                "Finished",
                collection.finished_at ? <Moment key="f" at={collection.finished_at} /> : "not yet",
              ],
              ["Message", collection.message ?? "none"],
              [
                "Texts recorded",
                Object.entries(collection.captures_created)
                  .map(([type, number]) => `${titleOf(type)} ${count(number)}`)
                  .join(", ") || "none",
              ],
            ]}
          />
        </Panel>
      </SimpleGrid>
      <Exports id={collection.id} name={collection.name} />
    </Stack>
  );
}

/** They stand there as they were asked for, one text or several for each. */
function filtersOf(filters: unknown): string[] {
  if (typeof filters !== "object" || filters === null) return [];
  return Object.entries(filters).flatMap(([key, value]) => {
    const values = [value].flat().join(", ");
    return values === "" ? [] : `${key}: ${values}`;
  });
}
