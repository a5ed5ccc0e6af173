import { Box, Button, Grid, Group, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { api, ask, idempotencyKey } from "../api/client";
import { useIdempotencyKey } from "../api/idempotency";
import { captureTypesQuery, credentialsQuery, facetsQuery, pastQuery, queryClient } from "../api/queries";
import type { CollectionCreate, Plan } from "../api/types";
import { useCan } from "../app/role";
import { clean } from "../app/search";
import { count, plural } from "../format";
import { IconPlay } from "../ui/icons";
import { Facts, Page, Panel } from "../ui/Page";
import { NotAllowed, Notice, ProblemNotice } from "../ui/Problem";
import { CaptureTypePicker } from "./CaptureTypePicker";
import { CopyAs } from "./CopyAs";
import { DevicePicker } from "./DevicePicker";
import { expected, range } from "./eta";
import { LoginFields } from "./LoginFields";
import { LostDevices } from "./LostDevices";
import { NoCredential, StartAnyway } from "./NoCredential";
import { OptionFields } from "./OptionFields";
import { PreflightPanel } from "./PreflightPanel";
import {
  credentialsOf,
  DEFAULT_LOGIN,
  DEFAULT_OPTIONS,
  isLoginKind,
  type Login,
  missingIn,
  requestOf,
} from "./request";
import { StepHeading, Steps } from "./Steps";
import { useDraft } from "./store";
import { splitWarnings } from "./unbound";
import { useFilters, useSelection } from "./useSelection";

const route = getRouteApi("/collect");

export function Collect() {
  const operator = useCan("operator");
  if (!operator) {
    return (
      <Page title="New collection">
        <NotAllowed needs="operator" />
      </Page>
    );
  }
  return <Wizard />;
}

/** What the choice of devices and types comes to, by the server's own planning. */
function usePlan(request: CollectionCreate, enabled: boolean) {
  const [settled] = useDebouncedValue(JSON.stringify(request), 250);
  // While the catalogue loads, what has settled still chooses no type.
  const asks = (JSON.parse(settled) as CollectionCreate).capture_types?.length !== 0;
  return useQuery({
    queryKey: ["collections", "plan", settled],
    queryFn: async () => {
      const body = JSON.parse(settled) as CollectionCreate;
      return ask(api.POST("/collection-plans", { body }));
    },
    enabled: enabled && asks,
    placeholderData: keepPreviousData,
  });
}

const NO_SECRETS = { password: "", enablePassword: "", privateKey: "", passphrase: "" };

/**
 * How to log in. Which saved credential, or that one is typed, stands in the address: a reload must not go on with another
 * login than the one that was checked. What is secret is in this page's memory only and has to be typed again.
 */
function useLogin(): [Login, (change: Partial<Login>) => void] {
  const { login: chosen, credential, preflight } = route.useSearch();
  const navigate = route.useNavigate();
  const { username, setUsername } = useDraft();
  const [secrets, setSecrets] = useState(NO_SECRETS);
  // Where nothing is saved, somebody has to type a login: the fields for it stand there at once.
  const saved = useQuery(credentialsQuery);
  const usual = saved.data?.length === 0 ? "password" : "saved";
  const kind = isLoginKind(chosen) ? chosen : usual;
  const change = ({ kind, username, ...rest }: Partial<Login>) => {
    const { credentialId, ...typed } = rest;
    if (Object.keys(typed).length > 0) setSecrets((before) => ({ ...before, ...typed }));
    if (username !== undefined) setUsername(username);
    const address = {
      ...(kind === undefined ? {} : { login: kind }),
      ...("credentialId" in rest ? { credential: credentialId } : {}),
    };
    if (Object.keys(address).length === 0 && (username === undefined || preflight === undefined)) return;
    void navigate({
      search: (before) => clean({ ...before, ...address, preflight: undefined }),
      replace: true,
    });
  };
  return [{ ...secrets, kind, credentialId: credential, username }, change];
}

function Wizard() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filters = useFilters();
  const { only, excluded, lost } = useSelection();
  const draft = useDraft();
  const [login, setLogin] = useLogin();
  const types = useQuery(captureTypesQuery);
  const facets = useQuery(facetsQuery);
  const step = search.step === "2" ? 2 : 1;

  const chosenTypes = useMemo(() => {
    if (search.types) return search.types.filter((type) => type !== "none");
    return (types.data ?? []).filter((type) => type.default).map((type) => type.name);
  }, [search.types, types.data]);
  const selection = { filters, only, excluded };
  const options = { ...draft.options, name: draft.options.name };
  const request = requestOf(selection, chosenTypes, login, options);

  // The plan depends on whether a login is given, not on which; what is typed is not sent before it is needed.
  const planned = requestOf(
    selection,
    chosenTypes,
    login.kind === "saved"
      ? login
      : { ...DEFAULT_LOGIN, kind: "password", username: "typed", password: "typed" },
    DEFAULT_OPTIONS,
  );
  const nothing = only?.length === 0 || chosenTypes.length === 0 || facets.data?.total === 0;
  const plan = usePlan(planned, !nothing && types.data !== undefined);
  const known = nothing ? undefined : plan.data;
  const devices = only?.length === 0 || facets.data?.total === 0 ? 0 : known?.devices_total;

  const go = (next: 1 | 2) =>
    void navigate({
      search: ({ step: _, ...rest }) => clean({ ...rest, step: next === 2 ? "2" : undefined }),
    });
  const setTypes = (list: string[]) =>
    void navigate({
      search: ({ preflight: _, ...before }) => ({ ...before, types: list.length === 0 ? ["none"] : list }),
      replace: true,
    });

  const platforms =
    known?.platforms.map((each) => each.platform) ?? facets.data?.platforms.map((each) => each.value) ?? [];

  return (
    <Stack gap="lg" className="sr-page">
      <Steps
        current={step}
        links={
          step === 2
            ? {
                1: (
                  <Link from="/collect" to="/collect" search={({ step: _, ...rest }) => rest}>
                    Select devices & commands
                  </Link>
                ),
              }
            : {}
        }
      />
      <StepHeading step={step} />
      {step === 1 ? (
        <>
          <DevicePicker chosen={devices} />
          <CaptureTypePicker chosen={chosenTypes} onChange={setTypes} platforms={platforms} plan={known} />
        </>
      ) : (
        <OptionsStep
          plan={known}
          request={request}
          login={login}
          setLogin={setLogin}
          captureTypes={chosenTypes.length}
        />
      )}
      {plan.error && !nothing && <ProblemNotice error={plan.error} onRetry={() => void plan.refetch()} />}
      {step === 1 && (
        <div className="sr-sticky">
          <Text aria-live="polite">
            <Summary
              devices={devices}
              captureTypes={chosenTypes.length}
              plan={known}
              unknown={facets.data?.total === 0}
            />
          </Text>
          <Button
            size="md"
            onClick={() => go(2)}
            disabled={lost || nothing || known === undefined || known.devices_total === 0}
          >
            Next: options
          </Button>
        </div>
      )}
    </Stack>
  );
}

interface SummaryProps {
  devices: number | undefined;
  captureTypes: number;
  plan: Plan | undefined;
  /** The inventory is empty. */
  unknown: boolean;
}

function Summary(props: SummaryProps) {
  if (props.unknown) return <>There are no devices yet: import some first.</>;
  if (props.devices === 0) return <>Choose at least one device.</>;
  if (props.captureTypes === 0) return <>Choose at least one capture type.</>;
  return (
    <>
      <b>{props.devices === undefined ? "…" : plural(props.devices, "device")}</b> ×{" "}
      <b>{plural(props.captureTypes, "capture type")}</b>
      {props.plan && (
        <span className="sr-muted">
          {" "}
          = {plural(props.plan.operations_total, "operation")}, {plural(props.plan.commands_total, "command")}
        </span>
      )}
    </>
  );
}

interface OptionsStepProps {
  plan: Plan | undefined;
  request: CollectionCreate;
  login: Login;
  setLogin: (change: Partial<Login>) => void;
  captureTypes: number;
}

function OptionsStep({ plan, request, login, setLogin, captureTypes }: OptionsStepProps) {
  const { preflight } = route.useSearch();
  const navigate = route.useNavigate();
  const draft = useDraft();
  const { only, lost } = useSelection();
  const [asked, setAsked] = useState(false);
  const [unsure, setUnsure] = useState(false);
  const missing = missingIn(login);
  const { unbound: planned, others } = plan ? splitWarnings(plan) : { unbound: undefined, others: [] };
  // The plan may still be the one of before a login was chosen.
  const unbound = credentialsOf(login) === undefined ? planned : undefined;
  const past = useQuery(pastQuery(request.capture_types ?? []));
  const time = past.data && plan && expected(plan.devices_total, draft.options.workers, past.data);

  const key = useIdempotencyKey();
  const start = useMutation({
    mutationFn: (from: CollectionCreate) =>
      ask(api.POST("/collections", { body: from, headers: key.of(from) })),
    onSettled: (_, error) => {
      key.settled(error);
      setUnsure(false);
    },
    onSuccess: (collection) => {
      draft.reset();
      void queryClient.invalidateQueries({ queryKey: ["collections"] });
      void navigate({ to: "/collections/$id/run", params: { id: collection.id } });
    },
  });
  const check = useMutation({
    mutationFn: () => {
      const { name: _, ...body } = request;
      return ask(api.POST("/preflights", { body, headers: idempotencyKey() }));
    },
    onSuccess: ({ id }) =>
      void navigate({ search: (before) => ({ ...before, preflight: id }), replace: true }),
  });

  const closeCheck = () => void navigate({ search: ({ preflight: _, ...rest }) => rest, replace: true });
  const unlessMissing = (act: () => void) => () => {
    setAsked(true);
    if (missing === undefined && !lost) act();
  };

  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <Stack gap="lg">
          <Panel title="Credentials">
            <LoginFields login={login} onChange={setLogin} />
            {unbound && (
              <Box mt="sm">
                <NoCredential unbound={unbound} onChange={setLogin} />
              </Box>
            )}
            {asked && missing && (
              <Text c="var(--sr-bad)" size="sm" mt="sm" role="alert">
                {missing}
              </Text>
            )}
          </Panel>
          <Panel title="Options">
            <OptionFields options={draft.options} onChange={draft.setOptions} />
          </Panel>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Stack gap="md" style={{ position: "sticky", top: 76 }}>
          <Panel title="Summary">
            <Facts
              facts={[
                ["Devices", plan ? count(plan.devices_total) : "…"],
                ["Capture types", count(captureTypes)],
                ["Operations", plan ? count(plan.operations_total) : "…"],
                ["Commands", plan ? count(plan.commands_total) : "…"],
                ["Workers", count(draft.options.workers)],
                ["Database", draft.options.autoLoad ? "loaded when done" : "not loaded"],
                ...(time === undefined
                  ? []
                  : [["Time", `about ${range(time)}, going by earlier ones`] as const]),
              ]}
            />
            <Stack gap="sm" mt="md">
              <Button
                size="md"
                leftSection={<IconPlay size={16} />}
                loading={start.isPending}
                disabled={lost || plan === undefined || plan.devices_total === 0}
                onClick={unlessMissing(() => (unbound ? setUnsure(true) : start.mutate(request)))}
              >
                Start collection
              </Button>
              <Group gap="sm" grow>
                <Button
                  variant="default"
                  loading={check.isPending}
                  disabled={lost}
                  onClick={unlessMissing(() => check.mutate())}
                >
                  Check first
                </Button>
                <CopyAs request={request} plan={plan} />
              </Group>
              <Button
                variant="subtle"
                color="gray"
                onClick={() => void navigate({ search: ({ step: _, ...rest }) => rest })}
              >
                Back
              </Button>
            </Stack>
          </Panel>
          {lost && <LostDevices />}
          {start.error && <ProblemNotice error={start.error} />}
          {check.error && <ProblemNotice error={check.error} />}
          {others.map((warning) => (
            <Notice key={warning} tone="warn" title={warning} />
          ))}
          <StartAnyway
            unbound={unbound}
            opened={unsure}
            starting={start.isPending}
            onClose={() => setUnsure(false)}
            onStart={() => start.mutate(request)}
          />
        </Stack>
      </Grid.Col>
      {preflight && (
        <Grid.Col span={12}>
          <PreflightPanel
            id={preflight}
            onClose={closeCheck}
            starting={start.isPending}
            missing={asked ? missing : undefined}
            onDrop={(ids) =>
              unlessMissing(() => {
                const dropped = new Set(ids);
                const left: CollectionCreate =
                  only === undefined
                    ? { ...request, exclude_devices: [...(request.exclude_devices ?? []), ...dropped] }
                    : { ...request, devices: only.filter((id) => !dropped.has(id)) };
                start.mutate(left);
              })()
            }
          />
        </Grid.Col>
      )}
    </Grid>
  );
}
