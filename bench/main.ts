import { ROWS, type RowName } from "./rows.ts";
import { run } from "./run.ts";

const rows = process.argv[2]?.split(",") as RowName[];
const rounds = Number(process.argv[3] ?? 1);
const results = await run({
  rows,
  rounds,
  seconds: Number(process.argv[4] ?? 2),
  onProgress: () => {},
});
for (const [row, by] of Object.entries(results)) {
  console.log(ROWS[row as RowName].title);
  for (const [name, all] of Object.entries(by)) {
    console.log(
      " ",
      name.padEnd(26),
      all
        .map(
          (m) =>
            Object.entries(m.figures)
              .map(([k, v]) => `${k} ${v.toFixed(v > 1000 ? 0 : 3)}`)
              .join(" ") +
            (m.load
              ? ` [s ${m.load.server.toFixed(2)} c ${m.load.client.toFixed(2)}]`
              : ""),
        )
        .join(" | "),
    );
  }
}
