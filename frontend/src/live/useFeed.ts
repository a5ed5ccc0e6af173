import { useEffect, useState, useSyncExternalStore } from "react";
import { CollectionFeed, type Feed } from "./feed";
import { serverSource } from "./source";

/** A machine that slept wakes with timers that are late by the time it slept. */
const TICK = 15_000;

/** Follows a collection for as long as the component is shown. */
export function useFeed(id: string): { feed: Feed; follower: CollectionFeed } {
  const [follower, setFollower] = useState(() => new CollectionFeed(serverSource(id)));

  useEffect(() => {
    const fresh = new CollectionFeed(serverSource(id));
    setFollower(fresh);
    void fresh.run();
    const wake = () => {
      if (document.visibilityState === "visible") fresh.wake();
    };
    let last = Date.now();
    const tick = setInterval(() => {
      const now = Date.now();
      if (now - last > 2 * TICK) fresh.wake();
      last = now;
    }, TICK);
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("online", wake);
    return () => {
      clearInterval(tick);
      document.removeEventListener("visibilitychange", wake);
      window.removeEventListener("online", wake);
      fresh.stop();
    };
  }, [id]);

  const feed = useSyncExternalStore(follower.subscribe, follower.get);
  return { feed, follower };
}
