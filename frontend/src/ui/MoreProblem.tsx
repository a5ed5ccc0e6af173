import { Button, Group, Text } from "@mantine/core";
import { asProblem } from "../api/problem";
import { Notice } from "./Problem";

interface Props {
  /** What the list is of: `rows`, `hits`. */
  what: string;
  error: unknown;
  onRetry: () => void;
}

/** At the end of a list whose next page did not come: what is above is as good as it was. */
export function MoreProblem({ what, error, onRetry }: Props) {
  const { title, detail, requestId } = asProblem(error);
  return (
    <Notice tone="bad" title={`Further ${what} could not be read`} role="alert">
      <Text size="sm" className="sr-any">
        {title}
        {detail && detail !== title && `: ${detail}`}
      </Text>
      <Group gap="md">
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
        {requestId && (
          <Text size="xs" c="dimmed" className="sr-any">
            Request id <span className="sr-mono">{requestId}</span>
          </Text>
        )}
      </Group>
    </Notice>
  );
}
