import { Code, Container, List, Stack, Table, Text, Title } from "@mantine/core";
import { collectCommand } from "./command";

const example = collectCommand({
  platform: "cisco_ios",
  captureTypes: ["configs", "arp"],
  addresses: ["10.0.0.1", "10.0.0.2"],
  user: "admin",
  passwordFile: "password.txt",
  out: "captures",
});

const exitCodes = [
  { code: 0, meaning: "every device succeeded" },
  { code: 2, meaning: "some devices failed or succeeded in part" },
  { code: 1, meaning: "no device succeeded" },
] as const;

/** What is here, and how to collect from the command line. */
export function Start() {
  return (
    <Container size="md">
      <Stack gap="md">
        <Title order={1}>Collect from the command line</Title>
        <Text>
          Showrun collects running configurations, ARP, MAC and LLDP tables, interfaces, routes, versions and
          inventories from network devices over SSH. This page is all that the browser interface has so far;
          the collector is the <Code>showrun</Code> command.
        </Text>
        <Title order={2}>Real devices</Title>
        <Code block>{example}</Code>
        <List>
          <List.Item>
            Each capture is written to <Code>{"<type>/<device>.txt"}</Code> in the folder after{" "}
            <Code>--out</Code>.
          </List.Item>
          <List.Item>
            <Code>--inventory FILE</Code> takes the devices from a CSV or a <Code>sessions.yaml</Code>.
          </List.Item>
          <List.Item>Only the commands of the platform's templates are sent to a device.</List.Item>
        </List>
        <Title order={2}>Simulated devices</Title>
        <Code block>showrun demo</Code>
        <Title order={2}>Exit codes</Title>
        <Table aria-label="Exit codes of showrun collect">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Code</Table.Th>
              <Table.Th scope="col">Meaning</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {exitCodes.map(({ code, meaning }) => (
              <Table.Tr key={code}>
                <Table.Td>{code}</Table.Td>
                <Table.Td>{meaning}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Container>
  );
}
