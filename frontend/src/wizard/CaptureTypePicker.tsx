import { Button, Checkbox, Collapse, Group, Stack, Text, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { captureTypesQuery, platformsQuery } from "../api/queries";
import type { CaptureType, Plan, Platform } from "../api/types";
import { plural } from "../format";
import { Panel } from "../ui/Page";
import { ProblemNotice, Stale } from "../ui/Problem";
import { evidenceWord } from "../words";

interface Props {
  chosen: readonly string[];
  onChange: (types: string[]) => void;
  /** Of the devices that are chosen; commands of other platforms are of no interest here. */
  platforms: readonly string[];
  plan: Plan | undefined;
}

/** What to collect, with the exact commands: an engineer wants to know what will be typed into the devices. */
export function CaptureTypePicker({ chosen, onChange, platforms, plan }: Props) {
  const types = useQuery(captureTypesQuery);
  const catalogue = useQuery(platformsQuery);
  const [more, setMore] = useState<boolean>();

  if (types.data === undefined && types.error)
    return <ProblemNotice error={types.error} onRetry={() => void types.refetch()} />;
  const known = types.data ?? [];
  const main = known.filter((type) => type.wizard);
  const further = known.filter((type) => !type.wizard);
  const chosenFurther = further.filter((type) => chosen.includes(type.name)).length;
  // Until somebody decides, what is chosen is shown.
  const showFurther = more ?? chosenFurther > 0;
  const used = (catalogue.data ?? []).filter((platform) => platforms.includes(platform.name));

  const card = (type: CaptureType) => (
    <Choice
      key={type.name}
      type={type}
      platforms={used}
      checked={chosen.includes(type.name)}
      skipped={plan?.capture_types.find((each) => each.capture_type === type.name)?.skipped ?? 0}
      onChange={(checked) =>
        onChange(
          // In the order of the catalogue, so that the same choice is the same address.
          known
            .map((each) => each.name)
            .filter((name) => (name === type.name ? checked : chosen.includes(name))),
        )
      }
    />
  );

  return (
    <Panel
      title="What to collect"
      aside={
        <Group gap="xs">
          <Button variant="subtle" size="xs" onClick={() => onChange(main.map((type) => type.name))}>
            All eight
          </Button>
          <Button variant="subtle" size="xs" onClick={() => onChange([])}>
            None
          </Button>
        </Group>
      }
    >
      <Stack gap="sm">
        <Stale of={[types, catalogue]} />
        {catalogue.data === undefined && catalogue.error && (
          // Without it the types stand there as if no command belonged to them.
          <ProblemNotice error={catalogue.error} onRetry={() => void catalogue.refetch()} />
        )}
        <div className="sr-choices">{main.map(card)}</div>
        {further.length > 0 && (
          <>
            <Group>
              <Button
                variant="default"
                size="xs"
                aria-expanded={showFurther}
                onClick={() => setMore(!showFurther)}
              >
                {showFurther
                  ? "Fewer capture types"
                  : `More: ${plural(further.length, "further capture type")}${chosenFurther > 0 ? `, ${chosenFurther} chosen` : ""}`}
              </Button>
            </Group>
            <Collapse expanded={showFurther}>
              <div className="sr-choices">{further.map(card)}</div>
            </Collapse>
          </>
        )}
      </Stack>
    </Panel>
  );
}

interface ChoiceProps {
  type: CaptureType;
  platforms: readonly Platform[];
  checked: boolean;
  skipped: number;
  onChange: (checked: boolean) => void;
}

const SHOWN = 3;

function Choice({ type, platforms, checked, skipped, onChange }: ChoiceProps) {
  const [all, setAll] = useState(false);
  const id = useId();
  const lines = commandsOf(type.name, platforms);
  const visible = all ? lines : lines.slice(0, SHOWN);
  const without = platforms.length - lines.reduce((sum, line) => sum + line.platforms.length, 0);

  return (
    <div className="sr-choice" data-checked={checked || undefined}>
      <Checkbox
        id={id}
        checked={checked}
        onChange={(event) => onChange(event.currentTarget.checked)}
        aria-describedby={`${id}-commands`}
      />
      <div style={{ minWidth: 0, flex: 1 }}>
        <Text component="label" htmlFor={id} fw={600} style={{ cursor: "pointer", display: "block" }}>
          {type.title}
        </Text>
        <Text size="xs" c="dimmed">
          {type.description}
        </Text>
        <dl className="sr-commands" id={`${id}-commands`}>
          {visible.map((line) => (
            <div key={`${line.commands} ${line.tested}`}>
              <dt>{line.commands}</dt>
              <dd>
                {line.platforms.join(", ")}
                {!line.tested && (
                  <Tooltip label={evidenceWord("documented")}>
                    <span> (not tested)</span>
                  </Tooltip>
                )}
              </dd>
            </div>
          ))}
        </dl>
        {lines.length > SHOWN && (
          <Button variant="subtle" size="compact-xs" mt={4} onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? "Fewer commands" : plural(lines.length - SHOWN, "more command")}
          </Button>
        )}
        {checked && skipped > 0 ? (
          <Text size="xs" mt={4}>
            {plural(skipped, "device")} skip this: no command for their platform.
          </Text>
        ) : (
          without > 0 && (
            <Text size="xs" c="dimmed" mt={4}>
              Not on {plural(without, "of the platforms", "of the platforms")}.
            </Text>
          )
        )}
      </div>
    </div>
  );
}

interface Line {
  commands: string;
  tested: boolean;
  platforms: string[];
}

/** Platforms with the same command share a line; the most common command stands first. */
function commandsOf(captureType: string, platforms: readonly Platform[]): Line[] {
  const lines = new Map<string, Line>();
  for (const platform of platforms) {
    const capture = platform.captures.find((each) => each.capture_type === captureType);
    if (!capture) continue;
    const commands = capture.commands.join(" ; ");
    const tested = capture.evidence !== "documented";
    const key = `${commands} ${tested}`;
    const line = lines.get(key);
    if (line) line.platforms.push(platform.name);
    else lines.set(key, { commands, tested, platforms: [platform.name] });
  }
  return [...lines.values()].sort((a, b) => b.platforms.length - a.platforms.length);
}
