import type { Counts } from "../api/types";
import { count } from "../format";
import { DEVICE_STATUSES, statusWord } from "../words";
import { StatusCell } from "./StatusCells";

interface Props {
  counts: Counts;
  status: string | undefined;
  onStatus: (status: string | undefined) => void;
}

/** What each shape of the map means and how many devices are so; a click lists just those. */
export function Legend({ counts, status, onStatus }: Props) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div className="sr-legend" role="group" aria-label="Devices by status">
      {DEVICE_STATUSES.map((each) => (
        <button
          type="button"
          key={each}
          aria-pressed={status === each}
          onClick={() => onStatus(status === each ? undefined : each)}
        >
          <StatusCell status={each} />
          {statusWord(each).text} <b>{count(counts[each])}</b>
        </button>
      ))}
    </div>
  );
}
