import { Button, Code, Grid, List, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useCan } from "../app/role";
import { plural } from "../format";
import { IconPlay, IconUp } from "../ui/icons";
import { Page, Panel } from "../ui/Page";

/** What stands in the place of the dashboard until something was collected. */
export function FirstRun({ devices }: { devices: number }) {
  const operator = useCan("operator");
  return (
    <Page title="Welcome to Showrun" lead="Three steps to the first collection.">
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Panel title="Collect your own devices">
            <List type="ordered" spacing="md">
              <List.Item>
                <Text fw={600}>
                  {devices === 0 ? "Import your devices" : `${plural(devices, "device")} imported`}
                </Text>
                <Text size="sm" c="dimmed">
                  Paste a list of addresses, or import a CSV or a sessions.yaml. Nothing is contacted yet.
                </Text>
                {operator && (
                  <Button
                    mt="xs"
                    size="xs"
                    variant={devices === 0 ? "filled" : "default"}
                    component={Link}
                    to="/devices/import"
                    leftSection={<IconUp size={14} />}
                  >
                    Import devices
                  </Button>
                )}
              </List.Item>
              <List.Item>
                <Text fw={600}>Save a credential, or type one when you collect</Text>
                <Text size="sm" c="dimmed">
                  Passwords and keys are sealed and never shown again. Three refused logins in a row pause a
                  credential, so that a typing error locks nobody out.
                </Text>
                {operator && (
                  <Button mt="xs" size="xs" variant="default" component={Link} to="/credentials">
                    Credentials
                  </Button>
                )}
              </List.Item>
              <List.Item>
                <Text fw={600}>Run the first collection</Text>
                <Text size="sm" c="dimmed">
                  You see every command before it is sent, and each device live while it runs.
                </Text>
                {operator && devices > 0 && (
                  <Button
                    mt="xs"
                    size="xs"
                    component={Link}
                    to="/collect"
                    leftSection={<IconPlay size={14} />}
                  >
                    New collection
                  </Button>
                )}
              </List.Item>
            </List>
            {!operator && (
              <Text size="sm" mt="md">
                Your role may look at everything here; starting needs the role operator.
              </Text>
            )}
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Panel title="Try with simulated devices">
            <Text size="sm" mb="sm">
              On the machine with the server, this starts simulated devices of several platforms, some of them
              with faults:
            </Text>
            <Code block>showrun demo</Code>
          </Panel>
        </Grid.Col>
      </Grid>
    </Page>
  );
}
