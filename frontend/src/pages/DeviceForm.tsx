import {
  Button,
  Group,
  Modal,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, ask, idempotencyKey } from "../api/client";
import { credentialsQuery, platformsQuery, queryClient } from "../api/queries";
import type { Device, DeviceCreate } from "../api/types";
import { clean } from "../app/search";
import { IconPlus } from "../ui/icons";
import { ProblemNotice } from "../ui/Problem";

const BLANK: DeviceCreate = {
  name: "",
  address: "",
  port: 22,
  platform: "",
  vendor: "",
  site: "",
  role: "",
  tags: [],
  enabled: true,
  legacy_algorithms: false,
};

/** Adds a device, or changes the one given. */
export function DeviceForm({ device }: { device?: Device }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        {...(device ? { variant: "default" } : { leftSection: <IconPlus size={15} /> })}
        onClick={() => setOpen(true)}
      >
        {device ? "Edit" : "Add device"}
      </Button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        title={device ? `Edit ${device.name}` : "Add a device"}
        size="lg"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Fields device={device} onDone={() => setOpen(false)} />
      </Modal>
    </>
  );
}

function Fields({ device, onDone }: { device: Device | undefined; onDone: () => void }) {
  const [form, setForm] = useState<DeviceCreate>(device ?? BLANK);
  const platforms = useQuery(platformsQuery);
  const credentials = useQuery(credentialsQuery);
  const set = (change: Partial<DeviceCreate>) => setForm((before) => ({ ...before, ...change }));
  const save = useMutation({
    mutationFn: async () => {
      const {
        name,
        address,
        port,
        platform,
        vendor,
        site,
        role,
        tags,
        enabled,
        credential_id,
        legacy_algorithms,
      } = form;
      const body = {
        name,
        address,
        ...(port === undefined ? {} : { port }),
        vendor: vendor ?? "",
        site: site ?? "",
        role: role ?? "",
        tags: tags ?? [],
        enabled: enabled ?? true,
        legacy_algorithms: legacy_algorithms ?? false,
      };
      if (device) {
        // What was cleared must be said, since an absent field stays as it is; the server takes null here, though the
        // document of an OpenAPI 3.0 generator cannot tell.
        const cleared = (credential_id ?? null) as string;
        const change = { ...body, platform: platform ?? "", credential_id: cleared };
        return ask(api.PATCH("/devices/{id}", { params: { path: { id: device.id } }, body: change }));
      }
      const whole = { ...body, ...clean({ platform, credential_id }) };
      return ask(api.POST("/devices", { body: whole, headers: idempotencyKey() }));
    },
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ["devices"] });
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const text = (key: "name" | "address" | "vendor" | "site" | "role", label: string, required = false) => (
    <TextInput
      label={label}
      required={required}
      value={form[key] ?? ""}
      autoComplete="off"
      onChange={(event) => set({ [key]: event.currentTarget.value })}
    />
  );
  return (
    <form onSubmit={submit}>
      <Stack>
        {save.error && <ProblemNotice error={save.error} />}
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          {text("name", "Name", true)}
          {text("address", "Address", true)}
          <NumberInput
            label="SSH port"
            min={1}
            max={65_535}
            allowDecimal={false}
            value={form.port ?? 22}
            onChange={(port) => typeof port === "number" && set({ port })}
          />
          <Select
            label="Platform"
            placeholder="Found out at login"
            searchable
            clearable
            data={(platforms.data ?? []).map((platform) => ({ value: platform.name, label: platform.title }))}
            value={form.platform || null}
            onChange={(platform) => set({ platform: platform ?? "" })}
          />
          {text("vendor", "Vendor")}
          {text("site", "Site")}
          {text("role", "Role")}
          <Select
            label="Credential"
            placeholder="By site, tag or default"
            searchable
            clearable
            data={(credentials.data ?? []).map((credential) => ({
              value: credential.id,
              label: credential.name,
            }))}
            value={form.credential_id ?? null}
            onChange={(id) => {
              const { credential_id: _, ...rest } = form;
              setForm(id === null ? rest : { ...rest, credential_id: id });
            }}
          />
        </SimpleGrid>
        <TagsInput label="Tags" value={form.tags ?? []} onChange={(tags) => set({ tags })} />
        <Switch
          label="Enabled"
          description="A disabled device stays in the inventory and is not collected."
          checked={form.enabled ?? true}
          onChange={(event) => set({ enabled: event.currentTarget.checked })}
        />
        <Switch
          label="Legacy SSH algorithms"
          description="Also offer old ones (SHA-1, CBC, 3DES) to this device. Only for gear that has nothing better."
          checked={form.legacy_algorithms ?? false}
          onChange={(event) => set({ legacy_algorithms: event.currentTarget.checked })}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Close
          </Button>
          <Button type="submit" loading={save.isPending}>
            {device ? "Save" : "Add device"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
