import { Button, Group, Loader, MultiSelect, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useMemo } from "react";
import { api, ask } from "../api/client";
import { useList } from "../api/lists";
import type { AnswerOf, FiltersOf } from "../api/operations";
import { captureTypesQuery } from "../api/queries";
import type { SearchHit } from "../api/types";
import { clean } from "../app/search";
import { count, dateTime, plural } from "../format";
import { useTypeTitle } from "../ui/captureTypes";
import { FacetFilters } from "../ui/FacetFilters";
import { IconSearch } from "../ui/icons";
import { MoreProblem } from "../ui/MoreProblem";
import { patternsOf } from "../ui/names";
import { Page } from "../ui/Page";
import { Empty, Notice, ProblemNotice, Stale } from "../ui/Problem";
import { Ago } from "../ui/Time";
import { useAddressed } from "../ui/useAddressed";
import "./questions.css";
import { byText, passages, pieces, type ShownLine, type TextHits } from "./hits";

const route = getRouteApi("/search");

/** Hits that are asked for at once. */
const HITS = 100;

/** Any characters in any text: the last good one of each device and type, or all that are kept. */
export function Search() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { q, history, device, capture_type, site, platform } = search;
  const [text, setText] = useAddressed(q);
  const [name, setName] = useAddressed(device);
  const types = useQuery(captureTypesQuery);
  const query = clean<FiltersOf<"/search">>({
    capture_type,
    site,
    platform,
    device: device ? patternsOf(device) : undefined,
    history: history ? true : undefined,
  });
  const found = useList<SearchHit, AnswerOf<"/search">>({
    key: ["search", q, query],
    // All hits are in the page, not only those in sight: there are never many more at once.
    read: ({ page_token }) =>
      ask(
        api.GET("/search", {
          params: { query: { q: q ?? "", ...query, limit: HITS, ...clean({ page_token }) } },
        }),
      ),
    enabled: q !== undefined,
  });
  const { more } = found;
  const texts = useMemo(() => byText(found.rows), [found.rows]);
  const last = found.pages.at(-1);
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (before) => clean({ ...before, ...next }), replace: true });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ search: (before) => clean({ ...before, q: text.trim(), device: name.trim() }) });
  };
  const lines = texts.reduce((sum, each) => sum + each.hits.length, 0);
  return (
    <Page title="Search" lead="Any characters in the captured texts, of all devices at once.">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Group gap="sm" align="flex-end">
            <TextInput
              label="Text"
              placeholder="ntp server 10.0.0.1"
              leftSection={<IconSearch size={16} />}
              data-search
              spellCheck={false}
              autoCapitalize="none"
              autoComplete="off"
              maxLength={200}
              style={{ flex: "1 1 260px", maxWidth: 620 }}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Button type="submit">Search</Button>
          </Group>
          <div className="sr-filters">
            <MultiSelect
              label="Capture type"
              placeholder={search.capture_type ? "" : "Any"}
              clearable
              searchable
              data={(types.data ?? []).map((type) => ({ value: type.name, label: type.title }))}
              value={search.capture_type ?? []}
              onChange={(value) => change({ capture_type: value })}
            />
            <FacetFilters names={["site", "platform"]} chosen={search} onChange={change} />
            <TextInput
              label="Device"
              placeholder="Part of a name"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Switch
              label="Also older versions"
              checked={history !== undefined}
              onChange={(event) => change({ history: event.currentTarget.checked ? "yes" : "" })}
              pb={8}
            />
          </div>
        </Stack>
      </form>
      {q === undefined ? (
        <div className="sr-panel">
          <Empty title="What are you looking for?">
            An address, a name, a line of configuration: found as it stands, in upper and lower case.
          </Empty>
        </div>
      ) : (
        // Hits of another question are never shown as the answer to this one.
        <Stack gap="lg" aria-busy={found.loading}>
          <Stale of={[found.refresh]} />
          {last?.message && <Notice tone="idle" title={last.message} />}
          {last !== undefined && last.texts_pending > 0 && (
            <Notice tone="warn" title={`${plural(last.texts_pending, "text")} cannot be found yet`}>
              <Text size="sm">They were captured just now and are being indexed.</Text>
            </Notice>
          )}
          <Text size="sm" c="dimmed" aria-live="polite">
            {last === undefined ? (
              !found.error && "Searching…"
            ) : (
              <>
                {plural(lines, "line")} in {plural(texts.length, "text")}
                {more.has && ", and more"}
                {last.history && `; ${plural(last.history.versions_read, "version")} read`}
                {last.history?.searched_back_to && ` back to ${dateTime(last.history.searched_back_to)}`}
              </>
            )}
          </Text>
          {last === undefined &&
            (found.error ? (
              <ProblemNotice error={found.error} onRetry={found.onRetry} />
            ) : (
              <Loader aria-label="Searching" />
            ))}
          {last !== undefined && texts.length === 0 && !more.has && (
            <div className="sr-panel">
              <Empty title="It stands nowhere">
                {history === undefined
                  ? "Last good texts were looked through. Older versions can be searched too."
                  : "All that is kept was looked through."}
              </Empty>
            </div>
          )}
          {texts.map((each) => (
            <TextPanel key={`${each.captureId} ${each.hits[0]?.line.number}`} text={each} q={q} />
          ))}
          {more.error ? (
            <MoreProblem what="hits" error={more.error} onRetry={more.load} />
          ) : (
            more.has && (
              <Group>
                <Button variant="default" loading={more.loading} onClick={more.load}>
                  {history === undefined ? "More" : "Search further back"}
                </Button>
              </Group>
            )
          )}
        </Stack>
      )}
    </Page>
  );
}

function TextPanel({ text, q }: { text: TextHits; q: string }) {
  const title = useTypeTitle()(text.captureType);
  const found = useMemo(() => passages(text.hits), [text.hits]);
  const first = text.hits[0]?.line.number;
  return (
    <section className="sr-panel" data-flush aria-label={`${title} of ${text.deviceName}`}>
      <Group gap="sm" px="md" py={10}>
        <Link
          to="/captures/$id"
          params={{ id: text.captureId }}
          search={{ find: q, line: String(first ?? 1), view: "text" }}
        >
          {title} of {text.deviceName}
        </Link>
        <Text size="sm" c="dimmed">
          {plural(text.hits.length, "line")}, <Ago at={text.capturedAt} />
        </Text>
      </Group>
      {found.map((passage) => {
        const from = passage.lines[0]?.line.number ?? 0;
        const to = passage.lines.at(-1)?.line.number ?? from;
        return (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields; this is a few lines that scroll
          <div
            key={from}
            className="sr-hit"
            role="group"
            aria-label={`Lines ${count(from)} to ${count(to)}`}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
            tabIndex={0}
          >
            {passage.section.length > 0 && (
              <div className="sr-hit-section">{passage.section.join(" › ")}</div>
            )}
            {passage.lines.map((shown) => (
              <Line key={shown.line.number} shown={shown} captureId={text.captureId} q={q} />
            ))}
          </div>
        );
      })}
    </section>
  );
}

function Line({ shown, captureId, q }: { shown: ShownLine; captureId: string; q: string }) {
  const { line, ranges } = shown;
  return (
    <div data-hit={ranges === undefined ? undefined : true}>
      {ranges === undefined ? (
        <span className="sr-hit-number">{line.number}</span>
      ) : (
        <Link
          className="sr-hit-number"
          aria-label={`Open the text at line ${count(line.number)}`}
          to="/captures/$id"
          params={{ id: captureId }}
          search={{ find: q, line: String(line.number), view: "text" }}
        >
          {line.number}
        </Link>
      )}
      {ranges === undefined
        ? line.text
        : pieces(line, ranges).map((piece, index) =>
            // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line have no other name
            piece.found ? <mark key={index}>{piece.text}</mark> : piece.text,
          )}
      {line.cut && <span className="sr-muted"> …</span>}
    </div>
  );
}
