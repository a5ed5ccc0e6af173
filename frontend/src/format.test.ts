import { describe, expect, it } from "vitest";
import { ago, byName, bytes, count, duration, plural } from "./format";

describe("format", () => {
  it("writes counts for people", () => {
    expect(count(10_000)).toBe("10,000");
    expect(plural(1, "device")).toBe("1 device");
    expect(plural(0, "device")).toBe("0 devices");
    expect(plural(3, "entry", "entries")).toBe("3 entries");
  });

  it("writes sizes", () => {
    expect(bytes(0)).toBe("0 B");
    expect(bytes(999)).toBe("999 B");
    expect(bytes(1_234)).toBe("1.2 kB");
    expect(bytes(999_900)).toBe("1.0 MB");
    expect(bytes(42_600_000)).toBe("43 MB");
  });

  it("writes durations", () => {
    expect(duration(0.012)).toBe("12 ms");
    expect(duration(0.096)).toBe("0.1 s");
    expect(duration(0.42)).toBe("0.4 s");
    expect(duration(59.4)).toBe("59 s");
    expect(duration(185)).toBe("3 min 05 s");
    expect(duration(7800)).toBe("2 h 10 min");
    expect(duration(47.5 * 3600)).toBe("47 h 30 min");
    expect(duration(8247 * 3600 + 49 * 60)).toBe("343 d 15 h");
  });

  it("says how long ago", () => {
    const now = Date.parse("2026-01-02T12:00:00Z");
    expect(ago("2026-01-02T11:59:50Z", now)).toBe("just now");
    expect(ago("2026-01-02T11:55:00Z", now)).toBe("5 minutes ago");
    expect(ago("2026-01-01T12:00:00Z", now)).toBe("yesterday");
  });

  it("sorts names as people count", () => {
    expect(["sw10", "sw2", "SW1"].sort(byName)).toEqual(["SW1", "sw2", "sw10"]);
  });
});
