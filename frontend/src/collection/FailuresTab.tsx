import { Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { failuresQuery } from "../api/queries";
import { Panel } from "../ui/Page";
import { Empty, ProblemNotice, Stale } from "../ui/Problem";
import { FailureGroups } from "../wizard/FailureGroups";

/** The devices that failed, by cause. */
export function FailuresTab({ id, ended }: { id: string; ended: boolean }) {
  const groups = useQuery(failuresQuery(id));
  if (!groups.data) {
    return groups.error ? (
      <ProblemNotice error={groups.error} onRetry={() => void groups.refetch()} />
    ) : (
      <Loader aria-label="Loading failures" />
    );
  }
  return (
    <Panel>
      <Stale of={[groups]} />
      {groups.data.length === 0 ? (
        <Empty title="Nothing failed" />
      ) : (
        <FailureGroups collectionId={id} groups={groups.data} ended={ended} />
      )}
    </Panel>
  );
}
