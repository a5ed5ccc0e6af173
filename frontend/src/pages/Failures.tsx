import { Button, Loader, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { recentQuery } from "../api/queries";
import { useCan } from "../app/role";
import { count, plural } from "../format";
import { hasEnded } from "../progress";
import { Page } from "../ui/Page";
import { Empty, ProblemNotice } from "../ui/Problem";
import { Ago } from "../ui/Time";
import { failureWord } from "../words";
import { type Cause, useRecentFailures } from "./recent";

const NAMES = 30;

export function Failures() {
  const recent = useQuery(recentQuery);
  const { groups, collections, loading, error } = useRecentFailures(
    (recent.data ?? []).filter((each) => hasEnded(each.status)),
  );
  return (
    <Page
      title="Failures"
      lead={
        collections > 0
          ? collections === 1
            ? "By cause, of the latest collection with failures."
            : `By cause, over the latest ${count(collections)} collections with failures.`
          : "By cause."
      }
    >
      {recent.error || error ? (
        <ProblemNotice error={recent.error ?? error} onRetry={() => void recent.refetch()} />
      ) : recent.isPending || loading ? (
        <Loader aria-label="Loading" />
      ) : groups.length === 0 ? (
        <div className="sr-panel">
          <Empty title="Nothing failed lately">
            Failures of the latest collections are listed here by their cause.
          </Empty>
        </div>
      ) : (
        groups.map((group) => <CausePanel key={group.kind} cause={group} />)
      )}
    </Page>
  );
}

function CausePanel({ cause }: { cause: Cause }) {
  const operator = useCan("operator");
  const names = cause.devices.filter((device) => device.name !== "").slice(0, NAMES);
  const more = cause.devices.length - names.length;
  const ids = cause.devices.slice(0, 100).map((device) => device.id);
  return (
    <section className="sr-panel" aria-labelledby={`cause-${cause.kind}`}>
      <Stack gap={8}>
        <div style={{ display: "flex", flexWrap: "wrap", justifyContent: "space-between", gap: 12 }}>
          <div>
            <h2 id={`cause-${cause.kind}`} style={{ fontSize: "1.1rem", margin: 0 }}>
              {failureWord(cause.kind)}: {plural(cause.devices.length, "device")}
            </h2>
            <Text size="sm" c="dimmed">
              First <Ago at={cause.firstSeen} />, last <Ago at={cause.lastSeen} />
            </Text>
          </div>
          {operator && cause.devices.length <= 100 && (
            <Button
              size="xs"
              variant="default"
              component={Link}
              to={`/collect?${ids.map((id) => `device=${id}`).join("&")}`}
            >
              Collect {cause.devices.length === 1 ? "this device" : `these ${count(cause.devices.length)}`}{" "}
              again
            </Button>
          )}
        </div>
        <Text size="sm">{cause.hint}</Text>
        <Text size="sm" className="sr-any">
          {names.map((device, index) => (
            <Fragment key={device.id}>
              {index > 0 && ", "}
              <Link
                to="/collections/$id/devices/$deviceId"
                params={{ id: device.collectionId, deviceId: device.id }}
              >
                {device.name}
              </Link>
            </Fragment>
          ))}
          {more > 0 && ` and ${count(more)} more`}
        </Text>
      </Stack>
    </section>
  );
}
