import { AppShell, Group, MantineProvider, Text } from "@mantine/core";
import { Start } from "./Start";

/** The frame of every page: the name of the product above, the page below. */
export function App() {
  return (
    <MantineProvider defaultColorScheme="auto">
      <AppShell header={{ height: 56 }} padding="md">
        <AppShell.Header>
          <Group h="100%" px="md">
            <Text component="span" fw={700} size="lg">
              Showrun
            </Text>
          </Group>
        </AppShell.Header>
        <AppShell.Main>
          <Start />
        </AppShell.Main>
      </AppShell>
    </MantineProvider>
  );
}
