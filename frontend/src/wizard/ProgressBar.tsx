import type { Counts } from "../api/types";
import { count } from "../format";

/** The devices that ended, as shares of all; what is left is the ground. */
export function ProgressBar({
  counts,
  percent,
  label = "Progress",
}: {
  counts: Counts;
  percent: number;
  label?: string;
}) {
  const total = Math.max(1, counts.total);
  const parts = [
    ["good", counts.succeeded],
    ["warn", counts.partially_succeeded],
    ["bad", counts.failed],
    ["idle", counts.cancelled],
  ] as const;
  const ended = counts.total - counts.queued - counts.running;
  return (
    <div
      className="sr-bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={`${percent} percent, ${count(ended)} of ${count(counts.total)} devices ended`}
    >
      {parts.map(([tone, value]) => (
        <span key={tone} data-tone={tone} style={{ width: `${(100 * value) / total}%` }} />
      ))}
    </div>
  );
}
