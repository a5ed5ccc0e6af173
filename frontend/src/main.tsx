import "@mantine/core/styles.css";
import "./app/app.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";

const root = document.getElementById("root");
if (!root) {
  throw new Error("index.html has no element with the id root");
}

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content || undefined;
// The library that locks scrolling under a dialog takes the nonce of its style from here.
Object.assign(globalThis, { __webpack_nonce__: nonce });

createRoot(root).render(<App nonce={nonce} />);
