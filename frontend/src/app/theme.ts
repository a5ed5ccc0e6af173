import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const brand: MantineColorsTuple = [
  "#eef2ff",
  "#dbe3fe",
  "#b6c5fb",
  "#8fa6f7",
  "#6c88f2",
  "#5472ec",
  "#4261e2",
  "#2b4acb",
  "#223da9",
  "#1c3186",
];

/** Blue-grey instead of Mantine's neutral dark: tables of text are read for hours. */
const dark: MantineColorsTuple = [
  "#d8dee9",
  "#b7c0ce",
  "#98a3b3",
  "#6d7889",
  "#434d5c",
  "#333c49",
  "#252d38",
  "#1b222b",
  "#141a21",
  "#0e1318",
];

export const theme = createTheme({
  primaryColor: "brand",
  primaryShade: { light: 7, dark: 6 },
  colors: { brand, dark },
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily:
    'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SFMono-Regular", "Cascadia Mono", "JetBrains Mono", "DejaVu Sans Mono", "Liberation Mono", monospace',
  headings: { fontWeight: "650", sizes: { h1: { fontSize: "1.6rem" }, h2: { fontSize: "1.15rem" } } },
  respectReducedMotion: true,
});

/** The tokens that pages use; no page names a colour. Each text token has 4.5:1 on its ground in both schemes. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#535d6b",
    "--mantine-color-placeholder": "#6b7480",
    "--mantine-color-error": "#b42318",
    "--mantine-color-body": "#ffffff",
    "--sr-canvas": "#f6f7f9",
    "--sr-panel": "#ffffff",
    "--sr-line": "#dfe3e8",
    "--sr-hover": "#f0f3f8",
    "--sr-good": "#11713f",
    "--sr-bad": "#b42318",
    "--sr-warn": "#8a5300",
    "--sr-busy": "#2343c0",
    "--sr-idle": "#535d6b",
    "--sr-good-solid": "#1f9d58",
    "--sr-bad-solid": "#d92d20",
    "--sr-warn-solid": "#e08c0b",
    "--sr-busy-solid": "#4467e8",
    "--sr-idle-solid": "#c3cad4",
    "--sr-code": "#f3f5f8",
    "--sr-link": "#2343c0",
  },
  dark: {
    "--mantine-color-dimmed": "#a3aebd",
    "--mantine-color-placeholder": "#8793a3",
    "--mantine-color-error": "#ff8a80",
    "--mantine-color-body": "#1b222b",
    "--sr-canvas": "#12171d",
    "--sr-panel": "#1b222b",
    "--sr-line": "#313a46",
    "--sr-hover": "#232b36",
    "--sr-good": "#5fd699",
    "--sr-bad": "#ff8f85",
    "--sr-warn": "#f2b957",
    "--sr-busy": "#93aeff",
    "--sr-idle": "#a3aebd",
    "--sr-good-solid": "#2fae6b",
    "--sr-bad-solid": "#ec5a4e",
    "--sr-warn-solid": "#e39a1f",
    "--sr-busy-solid": "#5f80f5",
    "--sr-idle-solid": "#465160",
    "--sr-code": "#141a21",
    "--sr-link": "#9db5ff",
  },
});
