import { Group, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, ask } from "../api/client";
import { Empty, ProblemNotice } from "../ui/Problem";
import { SeverityChip } from "../ui/Status";
import { Ago } from "../ui/Time";
import { LinesChanged } from "./LinesChanged";

/** What is shown of a long list; all of it has a page of its own. */
const SHOWN = 5;

interface NewestChangesProps {
  /** Only those that this collection found. */
  collectionId?: string;
  /** What stands there when there is none. */
  none: string;
  refetchInterval?: number;
}

/** The newest configuration changes, each with the way to its diff. */
export function NewestChanges({ collectionId, none, refetchInterval }: NewestChangesProps) {
  const changes = useQuery({
    queryKey: ["changes", "newest", collectionId],
    queryFn: async () => {
      const query = {
        limit: SHOWN,
        ...(collectionId === undefined ? {} : { collection_id: [collectionId] }),
      };
      return (await ask(api.GET("/config-changes", { params: { query } }))).items;
    },
    ...(refetchInterval === undefined ? {} : { refetchInterval }),
  });
  if (changes.data === undefined) {
    return changes.error ? (
      <ProblemNotice error={changes.error} onRetry={() => void changes.refetch()} />
    ) : (
      <Loader size="sm" aria-label="Loading changes" />
    );
  }
  if (changes.data.length === 0) return <Empty title={none} />;
  return changes.data.map((each) => (
    <Group
      key={each.id}
      justify="space-between"
      wrap="nowrap"
      gap="sm"
      py={8}
      style={{ borderBottom: "1px solid var(--sr-line)" }}
    >
      <div style={{ minWidth: 0 }}>
        <div className="sr-cut">
          <Link to="/changes/$id" params={{ id: each.id }}>
            {each.device_name}
          </Link>{" "}
          <span className="sr-muted">
            <LinesChanged change={each} />, <Ago at={each.changed_at} />
          </span>
        </div>
        <div className="sr-cut sr-mono sr-muted">{each.sections.join(", ") || each.message}</div>
      </div>
      <SeverityChip severity={each.severity} />
    </Group>
  ));
}
