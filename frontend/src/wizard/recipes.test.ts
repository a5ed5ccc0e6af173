import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { CollectionCreate } from "../api/types";
import { command, curl, python } from "./recipes";

const request: CollectionCreate = {
  name: 'it\'s `a` $HOME \\ "test"',
  filters: { site: ["ams"] },
  capture_types: ["configs", "arp"],
  credentials: { username: "u", password: "hunter2", enable_password: "hunter3" },
  options: { max_workers: 5, auto_load_db: true },
};

describe("recipes", () => {
  it("hold no secret", () => {
    for (const text of [
      curl("https://showrun.example", request),
      python("https://showrun.example", request),
    ]) {
      expect(text).not.toContain("hunter");
      expect(text).toContain("DEVICE_PASSWORD");
      expect(text).toContain("DEVICE_ENABLE_PASSWORD");
    }
  });

  it("send through a shell exactly what the wizard would send", () => {
    const script = curl("https://showrun.example", request).replace(/curl[\s\S]*?<<EOF/, "cat <<EOF");
    const sent = execFileSync("/bin/sh", ["-c", script], {
      env: {
        PATH: process.env.PATH,
        DEVICE_PASSWORD: "hunter2",
        DEVICE_ENABLE_PASSWORD: "hunter3",
        HOME: "/wrong",
      },
      encoding: "utf8",
    });
    expect(JSON.parse(sent)).toEqual(request);
  });

  it("send secrets as they are, whatever is in them", () => {
    const key = '-----BEGIN-----\n"a\\b"\t$HOME `x`\r\n-----END-----\n';
    const with_key = { ...request, credentials: { username: "u", private_key: "p", passphrase: "p" } };
    const script = curl("https://showrun.example", with_key).replace(/curl[\s\S]*?<<EOF/, "cat <<EOF");
    const sent = execFileSync("/bin/sh", ["-c", script], {
      env: { PATH: process.env.PATH, DEVICE_PRIVATE_KEY: key, DEVICE_KEY_PASSPHRASE: 'a"\\n&' },
      encoding: "utf8",
    });
    expect(JSON.parse(sent).credentials).toEqual({
      username: "u",
      private_key: key,
      passphrase: 'a"\\n&',
    });
  });

  it("write the values of Python", () => {
    const text = python("https://showrun.example", request);
    expect(text).toContain('"auto_load_db": True,');
    expect(text).toContain('"password": os.environ["DEVICE_PASSWORD"],');
    expect(text).toContain('"capture_types": ["configs", "arp"],');
  });

  it("write a command whose words a shell keeps whole", () => {
    const text = command("https://showrun.example", request);
    expect(text).not.toContain("hunter");
    const script = text.replace("showrun collect", "printf '%s\\n'");
    const words = execFileSync("/bin/sh", ["-c", script], {
      env: { DEVICE_ENABLE_PASSWORD_FILE: "/run/enable" },
      encoding: "utf8",
    });
    const flags = "--server https://showrun.example --types configs,arp --site ams --name";
    expect(words.trimEnd().split("\n")).toEqual([
      ...flags.split(" "),
      request.name,
      ..."--user u --enable-password-file /run/enable --workers 5".split(" "),
    ]);
    expect(command("https://showrun.example", { ...request, filters: {} })).toContain("--all");
    expect(text).not.toContain("--no-load");
    const texts = { ...request, options: { auto_load_db: false, keep_transcripts: true } };
    expect(command("https://showrun.example", texts)).toMatch(/--no-load \\\n +--keep-transcripts/);
  });

  it("name devices that were chosen one by one, whatever they are called", () => {
    const names = ["edge-1", "<img src=x onerror=alert(1)>", "it's $HOME"];
    const single = { capture_types: ["arp"], devices: ["1", "2", "3"], filters: { site: ["ams"] } };
    const script = command("https://showrun.example", single, undefined, names);
    const words = execFileSync("/bin/sh", ["-c", script.replace("showrun collect", "printf '%s\\n'")], {
      encoding: "utf8",
    });
    expect(words.trimEnd().split("\n").slice(4)).toEqual(names.flatMap((name) => ["--device", name]));
  });
});
