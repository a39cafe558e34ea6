/**
 * The frame of all views: where one is, how the service is, who one is.
 *
 * @module
 */
import { useState } from "preact/hooks";

import { ChannelView } from "./channel/view.tsx";
import { ChannelsView } from "./channels/view.tsx";
import { ConsoleView } from "./console/view.tsx";
import { HealthBadge } from "./overview/health.tsx";
import { Overview } from "./overview/view.tsx";
import { type Route, useRoute } from "./route.ts";
import { needsToken } from "./service/access.ts";
import { type Live, useLive } from "./service/live.ts";
import { keepToken, useToken } from "./service/token.ts";
import { nextTheme, readTheme } from "./ui/theme.ts";
import { TokenForm } from "./ui/token-form.tsx";

const VIEWS = [
  { view: "overview", href: "#/", label: "Overview" },
  { view: "channels", href: "#/channels", label: "Channels" },
  { view: "console", href: "#/console", label: "Try it" },
] as const;

export function App() {
  const route = useRoute();
  const token = useToken();
  const live = useLive(token);
  const isOutside = needsToken(live.error);
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to content
      </button>
      <header class="top">
        <div class="bar">
          <a class="brand" href="#/">
            <span class="mark" aria-hidden="true" /> sente-lite
          </a>
          <nav aria-label="Views">
            {VIEWS.map(({ view, href, label }) => (
              <a
                key={view}
                href={href}
                aria-current={isIn(route, view) ? "page" : undefined}
              >
                {label}
              </a>
            ))}
          </nav>
          <div class="tools">
            <HealthBadge live={live} />
            {token !== undefined && (
              <button
                type="button"
                class="quiet"
                onClick={() => keepToken(undefined)}
              >
                Forget token
              </button>
            )}
            <ThemeButton />
          </div>
        </div>
        {live.state === "lost" && (
          <p class="strip" role="status">
            Reconnecting… {live.error?.message}. What is shown is from before.
          </p>
        )}
      </header>
      <main id="content" tabIndex={-1}>
        {isOutside ? (
          <TokenForm error={live.error} isWrong={token !== undefined} />
        ) : (
          <View key={token ?? ""} route={route} live={live} token={token} />
        )}
      </main>
    </>
  );
}

function View({
  route,
  live,
  token,
}: {
  readonly route: Route;
  readonly live: Live;
  readonly token: string | undefined;
}) {
  switch (route.view) {
    case "overview":
      return <Overview live={live} />;
    case "channels":
      return <ChannelsView />;
    case "channel":
      return <ChannelView key={route.id} id={route.id} token={token} />;
    case "console":
      return <ConsoleView token={token} />;
  }
}

function isIn(route: Route, view: Route["view"]): boolean {
  return (
    route.view === view || (route.view === "channel" && view === "channels")
  );
}

/** No link: the address is the router's. */
function skip(): void {
  document.getElementById("content")?.focus();
}

function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  return (
    <button
      type="button"
      class="quiet"
      aria-label={`Colours: ${theme}`}
      onClick={() => setTheme(nextTheme())}
    >
      <span aria-hidden="true">
        {{ auto: "◐", light: "○", dark: "●" }[theme]}
      </span>{" "}
      <span class="wide">{theme}</span>
    </button>
  );
}
