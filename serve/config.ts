/**
 * The configuration of `workerd serve`, as Cap'n Proto text.
 *
 * @module
 */

/** A Durable Object class with SQLite storage. */
export interface ObjectClass {
  /** The name that the Worker knows its namespace by. */
  readonly binding: string;
  /** The exported class. */
  readonly className: string;
}

/** What `workerd` is to run. Paths are relative to the configuration file. */
export interface ServicePlan {
  /** Stands in the keys of all objects: another name finds none of them. */
  readonly name: string;
  /** The bundled Worker, an ES module. */
  readonly module: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags?: readonly string[];
  readonly objects: readonly ObjectClass[];
  /** The Worker's variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Those that it takes from the environment: they stand in no file. */
  readonly secrets?: readonly string[];
  /** An existing directory for the objects' data. */
  readonly storage: string;
  /** A directory of static files, and the binding that the Worker has them by. */
  readonly assets?: { readonly binding: string; readonly directory: string };
  /** Where to listen: `host:port`; port 0 takes any free one. */
  readonly address: string;
}

/** The one socket's name in the configuration and in what `workerd` tells. */
export const SOCKET_NAME = "http";

/** Writes down a plan in the language of `workerd`'s configuration. */
export function workerdConfig(plan: ServicePlan): string {
  const bindings = [
    ...plan.objects.map(
      ({ binding, className }) =>
        `(name = ${text(binding)}, durableObjectNamespace = ${text(className)})`,
    ),
    ...Object.entries(plan.variables).map(
      ([name, value]) => `(name = ${text(name)}, text = ${text(value)})`,
    ),
    ...(plan.secrets ?? []).map(
      (name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`,
    ),
    ...(plan.assets === undefined
      ? []
      : [`(name = ${text(plan.assets.binding)}, service = "assets")`]),
  ];
  const namespaces = plan.objects.map(({ className }) => {
    const key = text(`${plan.name}-${className}`);
    return `(className = ${text(className)}, uniqueKey = ${key}, enableSql = true)`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "storage", disk = (path = ${text(plan.storage)}, writable = true)),
${assetsService(plan)}    # The issuer of tokens may be a neighbour, which workerd keeps from otherwise.
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    (name = "${SOCKET_NAME}", address = ${text(plan.address)}, http = (), service = "worker"),
  ],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ${text(plan.module)})],
  compatibilityDate = ${text(plan.compatibilityDate)},
  compatibilityFlags = ${list((plan.compatibilityFlags ?? []).map(text))},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(namespaces)},
  durableObjectStorage = (localDisk = "storage"),
);
`;
}

function assetsService({ assets }: ServicePlan): string {
  if (assets === undefined) return "";
  return `    (name = "assets", disk = (path = ${text(assets.directory)})),\n`;
}

function list(items: readonly string[]): string {
  return `[${items.map((item) => `\n    ${item},`).join("")}\n  ]`;
}

/** A text literal. Cap'n Proto knows no `\u`: bytes it must escape are `\x`. */
function text(value: string): string {
  const escaped = value.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
    /["\\\u0000-\u001f\u007f]/g,
    (each) => {
      if (each === '"' || each === "\\") return `\\${each}`;
      return `\\x${each.charCodeAt(0).toString(16).padStart(2, "0")}`;
    },
  );
  return `"${escaped}"`;
}
