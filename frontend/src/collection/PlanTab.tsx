import { Loader, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, ask } from "../api/client";
import { plural } from "../format";
import { useTypeTitle } from "../ui/captureTypes";
import { Facts, Panel } from "../ui/Page";
import { ProblemNotice, Stale } from "../ui/Problem";

/** The commands of a collection on each platform, and what has none. */
export function PlanTab({ id }: { id: string }) {
  const titleOf = useTypeTitle();
  const plan = useQuery({
    queryKey: ["collections", id, "plan"],
    queryFn: () => ask(api.GET("/collections/{id}/plan", { params: { path: { id } } })),
  });
  if (!plan.data) {
    return plan.error ? (
      <ProblemNotice error={plan.error} onRetry={() => void plan.refetch()} />
    ) : (
      <Loader aria-label="Loading the plan" />
    );
  }
  return (
    <Stack>
      <Stale of={[plan]} />
      <Text size="sm" c="dimmed">
        {plural(plan.data.devices_total, "device")}, {plural(plan.data.operations_total, "operation")},{" "}
        {plural(plan.data.commands_total, "command")}.
      </Text>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {plan.data.platforms.map((platform) => (
          <Panel
            key={platform.platform}
            title={platform.platform || "To be found out at login"}
            aside={<Text size="sm">{plural(platform.devices, "device")}</Text>}
          >
            <dl className="sr-commands">
              {platform.captures.map((capture) => (
                <FactPair
                  key={capture.capture_type}
                  name={titleOf(capture.capture_type)}
                  value={capture.commands.join(" ; ")}
                />
              ))}
            </dl>
          </Panel>
        ))}
      </SimpleGrid>
      {plan.data.capture_types.some((type) => type.skipped > 0) && (
        <Panel title="Skipped">
          <Text size="sm" mb={6}>
            There is no command for these on the platform of some devices.
          </Text>
          <Facts
            facts={plan.data.capture_types
              .filter((type) => type.skipped > 0)
              .map((type) => [titleOf(type.capture_type), plural(type.skipped, "device")] as const)}
          />
        </Panel>
      )}
      {plan.data.warnings.map((warning) => (
        <Text key={warning} size="sm">
          {warning}
        </Text>
      ))}
    </Stack>
  );
}

function FactPair({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{value}</dt>
      <dd>{name}</dd>
    </div>
  );
}
