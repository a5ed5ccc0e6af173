import { describe, expect, it } from "vitest";
import { collectCommand } from "./command";

describe("collectCommand", () => {
  it("names platform, capture types and addresses", () => {
    expect(
      collectCommand({
        platform: "cisco_ios",
        captureTypes: ["configs", "arp"],
        addresses: ["10.0.0.1", "[2001:db8::1]:22"],
        user: "admin",
        out: "captures",
      }),
    ).toBe(
      "showrun collect --direct --platform cisco_ios --types configs,arp --user admin --out captures 10.0.0.1 '[2001:db8::1]:22'",
    );
  });

  it("quotes what a shell would read as something else", () => {
    const command = collectCommand({
      platform: "linux",
      captureTypes: ["version"],
      addresses: ["host; reboot", ""],
      passwordFile: "it's here",
    });
    expect(command).toBe(
      `showrun collect --direct --platform linux --types version --password-file 'it'\\''s here' 'host; reboot' ''`,
    );
  });
});
