import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { App } from "./App";

it("shows the name, one heading and the command, and no control that does nothing", () => {
  const html = renderToStaticMarkup(<App />);
  expect(html).toContain("Showrun");
  expect(html.match(/<h1/g)).toHaveLength(1);
  expect(html).toContain("showrun collect --direct --platform cisco_ios --types configs,arp");
  expect(html).not.toMatch(/<(button|input|form|select)\b/);
});
