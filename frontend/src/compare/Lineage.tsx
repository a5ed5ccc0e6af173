import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import type { Collection } from "../api/types";
import { count } from "../format";
import { StatusChip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { nameOf } from "../words";
import "./compare.css";

/** A chain longer than this is cut: nobody retries so often, and a page must not ask for ever. */
const LONGEST = 20;

/** The first collection and its retries, and theirs, the oldest first. */
async function lineageOf(collection: Collection): Promise<Collection[]> {
  let root = collection;
  for (let n = 0; n < LONGEST && root.retry_of !== undefined; n++) {
    const { data } = await api.GET("/collections/{id}", { params: { path: { id: root.retry_of } } });
    // An earlier one may have been deleted; the chain begins with what is left.
    if (data === undefined) break;
    root = data;
  }
  const family = [root];
  for (let level = [root.id], n = 0; level.length > 0 && n < LONGEST; n++) {
    const query = { retry_of: level, limit: 100 };
    const { items } = await ask(api.GET("/collections", { params: { query } }));
    family.push(...items);
    level = items.map((each) => each.id);
  }
  return family.sort((a, b) => a.created_at.localeCompare(b.created_at));
}

/** What became of the devices that failed, over all retries; nothing where there was none. */
export function Lineage({ collection }: { collection: Collection }) {
  const family = useQuery({
    queryKey: ["collections", "lineage", collection.id, collection.status],
    queryFn: () => lineageOf(collection),
  });
  const all = family.data ?? [];
  const [root] = all;
  if (root === undefined || all.length < 2) return null;
  const good = all.reduce((sum, each) => sum + each.devices_succeeded, 0);
  return (
    <nav aria-label="Retries" className="sr-lineage">
      <ol>
        {all.map((each, index) => (
          <li
            className="sr-lineage-step"
            key={each.id}
            aria-current={each.id === collection.id ? "page" : undefined}
          >
            <Group gap={8}>
              <StatusChip status={each.status} bare />
              {each.id === collection.id ? (
                <b>{index === 0 ? nameOf(each) : `Retry ${index}`}</b>
              ) : (
                <Link to="/collections/$id" params={{ id: each.id }} search={{}}>
                  {index === 0 ? nameOf(each) : `Retry ${index}`}
                </Link>
              )}
            </Group>
            <Text size="xs" c="dimmed">
              {count(each.devices_succeeded)} of {count(each.counts.total)} succeeded,{" "}
              <Ago at={each.created_at} />
            </Text>
          </li>
        ))}
      </ol>
      <Text size="sm">
        Together <b>{count(good)}</b> of <b>{count(root.counts.total)}</b> devices succeeded.
      </Text>
    </nav>
  );
}
