import { Select, Table, Text } from "@mantine/core";
import { Notice } from "../ui/Problem";
import { Scroll } from "../ui/Scroll";
import { FIELDS, type Field, problemsOf, type Table as Read } from "./columns";

interface Props {
  table: Read;
  fields: readonly (Field | undefined)[];
  onChange: (fields: (Field | undefined)[]) => void;
}

const CHOICES = Object.entries(FIELDS).map(([value, label]) => ({ value, label }));

/** What each column holds, with the first values of it beside the choice. */
export function ColumnMap({ table, fields, onChange }: Props) {
  const problems = problemsOf(fields);
  return (
    <div>
      <Text fw={500} size="sm" mb={4}>
        Columns
      </Text>
      <Text size="xs" c="dimmed" mb="xs">
        {table.headless
          ? "The first line is a device already, so the columns have no names: say what they hold."
          : "As they were understood; change what is not right. Columns that are not read are left out."}
      </Text>
      {problems.length > 0 && <Notice tone="warn" title={problems.join(" ")} />}
      <Scroll label="Columns of the file">
        <Table verticalSpacing={6} miw={460}>
          <Table.Thead>
            <Table.Tr>
              {!table.headless && <Table.Th>In the file</Table.Th>}
              <Table.Th>Holds</Table.Th>
              <Table.Th>For example</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {table.header.map((name, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place; two may have one name
              <Table.Tr key={index}>
                {!table.headless && (
                  <Table.Td>
                    <span className="sr-mono sr-any">{name || `column ${index + 1}`}</span>
                  </Table.Td>
                )}
                <Table.Td>
                  <Select
                    aria-label={`What ${table.headless || name === "" ? `column ${index + 1}` : name} holds`}
                    size="xs"
                    w={180}
                    clearable
                    placeholder="Not read"
                    data={CHOICES}
                    value={fields[index] ?? null}
                    onChange={(value) =>
                      onChange(
                        fields.map((each, at) => (at === index ? ((value ?? undefined) as Field) : each)),
                      )
                    }
                  />
                </Table.Td>
                <Table.Td>
                  <span className="sr-mono sr-muted sr-any">
                    {[...(table.headless ? [name] : []), ...table.samples.map((row) => row[index] ?? "")]
                      .filter((cell) => cell !== "")
                      .slice(0, 3)
                      .join(", ")}
                  </span>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
    </div>
  );
}
