import { Loader, Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { platformsQuery } from "../api/queries";
import type { Platform } from "../api/types";
import { clean } from "../app/search";
import { plural } from "../format";
import { TypeTitles } from "../ui/captureTypes";
import { Page, Panel } from "../ui/Page";
import { ProblemNotice, Stale } from "../ui/Problem";
import { evidenceWord } from "../words";

const route = getRouteApi("/platforms");

export function Platforms() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const platforms = useQuery(platformsQuery);
  const shown = (platforms.data ?? []).filter(
    (platform) => search.platform === undefined || platform.name === search.platform,
  );
  return (
    <Page
      title="Platforms"
      lead="Every command that Showrun may send, and what its handling was tested on. Nothing else is ever typed into a device."
    >
      <Stale of={[platforms]} />
      {platforms.data === undefined ? (
        platforms.error ? (
          <ProblemNotice error={platforms.error} onRetry={() => void platforms.refetch()} />
        ) : (
          <Loader aria-label="Loading" />
        )
      ) : (
        <>
          <Select
            label="Platform"
            placeholder="All"
            clearable
            searchable
            maw={320}
            data={platforms.data.map((platform) => ({ value: platform.name, label: platform.title }))}
            value={search.platform ?? null}
            onChange={(platform) =>
              void navigate({ search: clean({ platform: platform ?? undefined }), replace: true })
            }
          />
          <div className="sr-columns">
            {shown.map((platform) => (
              <PlatformPanel key={platform.name} platform={platform} />
            ))}
          </div>
        </>
      )}
    </Page>
  );
}

function PlatformPanel({ platform }: { platform: Platform }) {
  return (
    <Panel
      title={platform.title}
      aside={
        <Text size="sm" c="dimmed">
          {plural(platform.captures.length, "capture type")}
        </Text>
      }
    >
      <Text size="sm" c="dimmed" mb="sm" className="sr-any">
        <span className="sr-mono">{platform.name}</span>
        {platform.aliases.length > 0 && <>, also {platform.aliases.join(", ")}</>}
      </Text>
      <div style={{ overflowX: "auto" }}>
        <table style={{ width: "100%", fontSize: "0.84rem", borderSpacing: "0 4px" }}>
          <thead>
            <tr style={{ textAlign: "left" }} className="sr-muted">
              <th scope="col">Capture type</th>
              <th scope="col">Command</th>
              <th scope="col">Evidence</th>
            </tr>
          </thead>
          <tbody>
            {platform.captures.map((capture) => (
              <tr key={capture.capture_type}>
                <td style={{ paddingRight: 14 }}>
                  <TypeTitles slugs={[capture.capture_type]} />
                </td>
                <td style={{ paddingRight: 14 }} className="sr-mono sr-any">
                  {capture.commands.join(" ; ")}
                </td>
                <td
                  className={capture.evidence === "documented" ? "sr-muted" : undefined}
                  title={evidenceWord(capture.evidence)}
                >
                  {capture.evidence}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
