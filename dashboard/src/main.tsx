/**
 * The dashboard: how the service is, what is on its channels, and a console to
 * try the protocol in.
 *
 * @module
 */
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/views.css";

import { render } from "preact";

import { App } from "./app.tsx";
import { applyTheme } from "./ui/theme.ts";

applyTheme();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
