import { api, ask } from "../api/client";
import { unreachable } from "../api/problem";
import { renew } from "../api/session";
import type { ProgressEvent } from "../api/types";
import type { SocketEvents, Source } from "./feed";

/** The real server behind a feed. */
export function serverSource(id: string): Source {
  const path = { id };
  return {
    collection: () => ask(api.GET("/collections/{id}", { params: { path }, ...limited() })),
    devices: (pageToken) =>
      ask(
        api.GET("/collections/{id}/devices", {
          params: { path, query: { limit: 500, ...(pageToken ? { page_token: pageToken } : {}) } },
          ...limited(),
        }),
      ),
    events: (after, limit) =>
      ask(api.GET("/collections/{id}/events", { params: { path, query: { after, limit } }, ...limited() })),
    async socket(after, on, signal) {
      const { ticket } = await ask(
        api.POST("/collections/{id}/progress-ticket", { params: { path }, signal }),
      );
      const url = new URL(`/api/v1/collections/${encodeURIComponent(id)}/progress`, location.origin);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      url.searchParams.set("after", String(Math.max(0, after)));
      url.searchParams.set("ticket", ticket);
      return openSocket(url, on, signal);
    },
    renewSession: renew,
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    now: () => Date.now(),
  };
}

/** A connection that died without a word would keep the page waiting for minutes. */
function limited(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(30_000) };
}

function openSocket(url: URL, on: SocketEvents, signal: AbortSignal): Promise<{ close(): void }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    let open = false;
    signal.addEventListener("abort", () => {
      if (open) return;
      // Closing what never opened may take the browser minutes to tell.
      socket.onopen = null;
      socket.onclose = null;
      socket.close();
      reject(unreachable("the upgrade was not answered"));
    });
    socket.onopen = () => {
      open = true;
      // A half-open connection never fires `close`; whoever closes here must not wait for the other side.
      resolve({
        close: () => {
          socket.onmessage = null;
          socket.onclose = null;
          socket.close();
          on.closed(1006);
        },
      });
    };
    socket.onmessage = (message) => on.event(JSON.parse(String(message.data)) as ProgressEvent);
    socket.onclose = (event) => {
      if (open) on.closed(event.code);
      else reject(unreachable(event.code));
    };
  });
}
