import { useEffect, useState } from "react";

/** Seconds until `act` is called. Starts anew with another `attempt`; each waits longer, up to fifteen seconds. */
export function useCountdown(attempt: number, act: () => void): number {
  const whole = Math.min(15, 2 ** Math.min(attempt, 4));
  const [left, setLeft] = useState(whole);
  // biome-ignore lint/correctness/useExhaustiveDependencies: one countdown per attempt
  useEffect(() => {
    const until = Date.now() + whole * 1000;
    setLeft(whole);
    const timer = setInterval(() => {
      const seconds = Math.ceil((until - Date.now()) / 1000);
      setLeft(Math.max(0, seconds));
      if (seconds > 0) return;
      clearInterval(timer);
      act();
    }, 250);
    return () => clearInterval(timer);
  }, [attempt]);
  return left;
}
