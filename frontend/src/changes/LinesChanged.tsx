import { count } from "../format";

export function LinesChanged({ change }: { change: { lines_added: number; lines_removed: number } }) {
  return (
    <span className="sr-mono">
      <span data-tone="good" className="sr-toned">
        +{count(change.lines_added)}
      </span>{" "}
      <span data-tone="bad" className="sr-toned">
        −{count(change.lines_removed)}
      </span>
    </span>
  );
}
