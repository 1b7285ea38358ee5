import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const source = join(__dirname, "../../src");
const IMPORT = /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;

/**
 * Rooms of `predict/`, ground first, and what each may import; the files that lie in `predict/` itself tell the story
 * and may import all of them. `batch.ts`, what all rooms work on, stands above `folder`.
 */
const ROOMS: Record<string, readonly string[]> = {
  folder: [],
  "batch.ts": ["folder", "predict-options.ts"],
  ids: [],
  plan: ["batch.ts", "folder"],
  output: ["batch.ts", "ids"],
  window: ["batch.ts", "plan", "unless-aborted.ts"],
  checkpoint: ["batch.ts", "plan", "output", "unless-aborted.ts"],
  finish: ["batch.ts", "folder", "output", "checkpoint"],
  claim: ["batch.ts", "folder", "finish"],
};

/** The files of a room that are known outside of it; all others are its own business. */
const ENTRIES: Record<string, readonly string[]> = {
  folder: ["batch-folder", "batch-record"],
  ids: ["repeated-ids"],
  plan: ["open-record", "chunk-cursor", "check-encoding"],
  output: ["batch-output"],
  window: ["chunk-window", "batch-chunks"],
  checkpoint: ["checkpoint", "checkpointer", "chunk-counts"],
  finish: ["finish-batch", "receipt"],
  claim: ["claim-output"],
};

interface Arrow {
  from: string;
  to: string;
}

/** Imports between files of the predictor, by their paths below `src`. */
const arrows: Arrow[] = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .flatMap((from) =>
    [...readFileSync(join(source, from), "utf8").matchAll(IMPORT)].map(([, name]) => ({
      from,
      to: `${relative(source, normalize(join(source, dirname(from), name as string)))}.ts`,
    })),
  );

/** The room of a file in `predict/`; of one that lies there itself its name; of any other file its first folder. */
function roomOf(file: string): string {
  const [first, second] = file.split(/[\\/]/) as [string, string];
  return first === "predict" ? second : `../${first}`;
}

const isPredict = (file: string) => file.startsWith("predict/");

describe("the rooms of predict/", () => {
  it("import only what stands below them", () => {
    const forbidden = arrows
      .filter(({ from, to }) => isPredict(from) && isPredict(to))
      .map(({ from, to }) => ({ from, to, room: roomOf(from), target: roomOf(to) }))
      .filter(({ room, target }) => room !== target && ROOMS[room] && !ROOMS[room].includes(target))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(forbidden).toEqual([]);
    const folders = readdirSync(join(source, "predict"), { withFileTypes: true });
    expect(
      folders
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(ENTRIES).sort());
  });

  it("have no circle", () => {
    const order = Object.keys(ROOMS);
    const upward = order.flatMap((room, floor) =>
      ROOMS[room]!.filter((target) => order.indexOf(target) >= floor).map((target) => `${room} -> ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it("are entered by their entries only", () => {
    const elsewhere = arrows
      .filter(({ from, to }) => isPredict(to) && roomOf(from) !== roomOf(to) && ENTRIES[roomOf(to)])
      .filter(({ to }) => !ENTRIES[roomOf(to)]!.some((entry) => to.endsWith(`/${entry}.ts`)))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(elsewhere).toEqual([]);
  });
});

it("scoring and transport know nothing of the coordinator, nor do chunk workers", () => {
  const known = arrows
    .filter(({ from, to }) => /^(scoring|transport|predict-chunk)\//.test(from) && isPredict(to))
    .map(({ from, to }) => `${from} imports ${to}`);
  expect(known).toEqual([]);
});
