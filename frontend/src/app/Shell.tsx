import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Button,
  Group,
  Kbd,
  Menu,
  ScrollArea,
  SegmentedControl,
  Text,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { type ComponentType, Fragment, Suspense, useEffect, useRef, useState } from "react";
import { versionQuery } from "../api/queries";
import { signOut } from "../api/session";
import { IconMoon, IconPerson, IconPlay, IconScreen, IconSearch, IconSun } from "../ui/icons";
import { Page } from "../ui/Page";
import { Empty } from "../ui/Problem";
import { lazyPart } from "./lazyPart";
import { Mark } from "./Mark";
import { Outage } from "./Outage";
import { PLACES } from "./places";
import { useCan, useMe } from "./role";
import { Shortcuts } from "./Shortcuts";

export function Shell() {
  const [open, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is what this is about
  useEffect(() => {
    close();
    // A reader of a screen hears where a link led; the first page is announced by its title.
    if (first.current) first.current = false;
    else main.current?.focus();
  }, [path, close]);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 226, breakpoint: "md", collapsed: { mobile: !open } }}
      padding={{ base: "md", sm: "lg" }}
    >
      <a href="#main" className="sr-skip">
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={open}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={open ? "Close the navigation" : "Open the navigation"}
            />
            <Link
              to="/"
              style={{ display: "flex", textDecoration: "none", color: "inherit" }}
              aria-label="Showrun"
            >
              <Group gap={10} wrap="nowrap">
                <Mark size={28} />
                <Text fw={700} size="lg" visibleFrom="xs">
                  Showrun
                </Text>
              </Group>
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <GoTo />
            <NewCollection />
            <Person />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label="Main">
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="main" ref={main} tabIndex={-1}>
        <Outage />
        <Outlet />
      </AppShell.Main>
      <Shortcuts />
    </AppShell>
  );
}

const Palette = lazyPart(() => import("./Palette"), "Palette");

/** Ctrl-K, or the button for who does not know it: every room, device and collection by a few letters. */
function GoTo() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (
        event.key.toLowerCase() !== "k" ||
        !(event.ctrlKey || event.metaKey) ||
        event.altKey ||
        event.shiftKey
      )
        return;
      event.preventDefault();
      setOpen((before) => !before);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <Button
        variant="default"
        size="sm"
        leftSection={<IconSearch size={15} />}
        rightSection={<Kbd size="xs">Ctrl K</Kbd>}
        visibleFrom="md"
        onClick={() => setOpen(true)}
      >
        Go to
      </Button>
      <ActionIcon
        variant="default"
        size={36}
        hiddenFrom="md"
        aria-label="Go to"
        onClick={() => setOpen(true)}
      >
        <IconSearch size={17} />
      </ActionIcon>
      {open && (
        <Suspense>
          <Palette onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function NewCollection() {
  const operator = useCan("operator");
  if (!operator) return null;
  return (
    <Button component={Link} to="/collect" leftSection={<IconPlay size={15} />} size="sm">
      New <span className="sr-wide">&nbsp;collection</span>
    </Button>
  );
}

function Navigation() {
  const can = { operator: useCan("operator"), admin: useCan("admin") };
  const version = useQuery(versionQuery);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another room is what this is about
  useEffect(() => {
    // In a low window the room one is in may be below the edge.
    document.querySelector('.sr-nav-link[data-status="active"]')?.scrollIntoView({ block: "nearest" });
  }, [path]);
  return (
    <>
      <AppShell.Section grow component={ScrollArea} p="xs" type="hover">
        {PLACES.filter((group) => group.needs === undefined || can[group.needs]).map((group) => (
          <Fragment key={group.head ?? ""}>
            {group.head && <div className="sr-nav-head">{group.head}</div>}
            {group.places
              .filter((place) => place.needs === undefined || can[place.needs])
              .map((place) => (
                <Link
                  key={place.to}
                  to={place.to}
                  className="sr-nav-link"
                  activeOptions={{ exact: place.to === "/", includeSearch: false }}
                >
                  <place.icon size={18} />
                  {place.title}
                </Link>
              ))}
          </Fragment>
        ))}
      </AppShell.Section>
      <AppShell.Section p="sm">
        <Text size="xs" c="dimmed">
          <a href="/docs" target="_blank" rel="noreferrer">
            API documentation
          </a>
          {version.data && ` · ${version.data.version}`}
        </Text>
      </AppShell.Section>
    </>
  );
}

function Person() {
  const me = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end" width={230} withinPortal>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label={`Account of ${me.username}`}>
          <IconPerson size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Box px="sm" py={6}>
          <Text size="sm" fw={600} className="sr-cut">
            {me.username}
          </Text>
          <Text size="xs" c="dimmed">
            Role: {me.role}
          </Text>
        </Box>
        <Menu.Divider />
        <Box px="sm" py={6}>
          <SegmentedControl
            size="xs"
            fullWidth
            aria-label="Colour scheme"
            value={colorScheme}
            onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
            data={[
              { value: "light", label: <Scheme icon={IconSun} name="Light" /> },
              { value: "dark", label: <Scheme icon={IconMoon} name="Dark" /> },
              { value: "auto", label: <Scheme icon={IconScreen} name="Auto" /> },
            ]}
          />
        </Box>
        <Menu.Divider />
        <Menu.Item component={Link} to="/account">
          Password and shortcuts
        </Menu.Item>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Scheme(props: { icon: ComponentType<{ size?: number }>; name: string }) {
  return (
    <Group gap={4} wrap="nowrap" justify="center">
      <props.icon size={13} />
      {props.name}
    </Group>
  );
}

export function NotFound() {
  return (
    <Page title="There is no such page">
      <div className="sr-panel">
        <Empty
          title="Nothing is at this address"
          action={
            <Button component={Link} to="/">
              Go to the dashboard
            </Button>
          }
        />
      </div>
    </Page>
  );
}
