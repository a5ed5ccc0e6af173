import {
  Box,
  Button,
  Collapse,
  Group,
  NumberInput,
  SimpleGrid,
  Slider,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import type { Options } from "./request";

interface Props {
  options: Options;
  onChange: (change: Partial<Options>) => void;
}

export function OptionFields({ options, onChange }: Props) {
  const [more, setMore] = useState(false);
  return (
    <Stack gap="lg">
      <Box>
        <Group justify="space-between" align="flex-end" wrap="nowrap" mb={6}>
          <Box>
            <Text fw={600} size="sm" id="workers-label">
              Max workers
            </Text>
            <Text size="xs" c="dimmed">
              So many devices at a time. The field takes up to 1,000.
            </Text>
          </Box>
          <NumberInput
            aria-label="Max workers as a number"
            w={92}
            min={1}
            max={1000}
            clampBehavior="blur"
            allowDecimal={false}
            value={options.workers}
            onChange={(value) =>
              typeof value === "number" && value >= 1 && value <= 1000 && onChange({ workers: value })
            }
          />
        </Group>
        <Slider
          thumbLabel="Max workers"
          min={1}
          max={50}
          value={Math.min(50, options.workers)}
          onChange={(workers) => onChange({ workers })}
          marks={[
            { value: 1, label: "1" },
            { value: 25, label: "25" },
            { value: 50, label: "50" },
          ]}
          label={null}
          mb="lg"
        />
      </Box>
      <Switch
        label="Load into the database"
        description="Parse what was captured into tables when the collection ends."
        checked={options.autoLoad}
        onChange={(event) => onChange({ autoLoad: event.currentTarget.checked })}
      />
      <TextInput
        label="Name"
        description="Helps to find this collection again; may stay empty."
        maxLength={200}
        value={options.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Box>
        <Button variant="default" size="xs" aria-expanded={more} onClick={() => setMore(!more)}>
          {more ? "Fewer options" : "More options"}
        </Button>
        <Collapse expanded={more}>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} mt="sm" spacing="sm">
            <Amount
              label="Connect timeout"
              suffix=" s"
              value={options.connectTimeout}
              min={1}
              max={300}
              note="To reach the device"
              onChange={(connectTimeout) => onChange({ connectTimeout })}
            />
            <Amount
              label="Command timeout"
              suffix=" s"
              value={options.commandTimeout}
              min={1}
              max={3600}
              note="Without a byte from the device"
              onChange={(commandTimeout) => onChange({ commandTimeout })}
            />
            <NumberInput
              label="Command limit"
              description="For one command in all"
              placeholder="As the platform says"
              inputWrapperOrder={["label", "input", "description", "error"]}
              suffix=" s"
              min={1}
              max={86_400}
              allowDecimal={false}
              value={options.commandTotal ?? ""}
              onChange={(value) =>
                onChange({ commandTotal: typeof value === "number" && value >= 1 ? value : undefined })
              }
            />
            <Amount
              label="Retries"
              value={options.retries}
              min={0}
              max={10}
              note="After connection faults; never after a refused login"
              onChange={(retries) => onChange({ retries })}
            />
            <Amount
              label="Devices per site"
              value={options.maxPerSite}
              min={0}
              max={1000}
              note="At a time; 0 is no limit"
              onChange={(maxPerSite) => onChange({ maxPerSite })}
            />
            <Amount
              label="Refused logins"
              value={options.authFailureLimit}
              min={0}
              max={100}
              note="In a row until a credential is paused; 0 is no limit"
              onChange={(authFailureLimit) => onChange({ authFailureLimit })}
            />
          </SimpleGrid>
          <Switch
            mt="md"
            label="Keep the session transcripts of all devices"
            description="Without this they are kept for the devices that do not succeed. Only administrators can read them."
            checked={options.keepTranscripts}
            onChange={(event) => onChange({ keepTranscripts: event.currentTarget.checked })}
          />
        </Collapse>
      </Box>
    </Stack>
  );
}

interface AmountProps {
  label: string;
  note: string;
  value: number;
  min: number;
  max: number;
  suffix?: string;
  onChange: (value: number) => void;
}

function Amount({ label, note, value, min, max, suffix, onChange }: AmountProps) {
  return (
    <NumberInput
      label={label}
      description={note}
      inputWrapperOrder={["label", "input", "description", "error"]}
      value={value}
      min={min}
      max={max}
      allowDecimal={false}
      clampBehavior="blur"
      {...(suffix === undefined ? {} : { suffix })}
      onChange={(next) => typeof next === "number" && next >= min && next <= max && onChange(next)}
    />
  );
}
