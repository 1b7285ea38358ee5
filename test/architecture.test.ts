import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const packagesFolder = join(__dirname, "..", "packages");
const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/g;

/** Floors of `packages/shared/src`, ground first, and what each may import. */
const ROOMS: Record<string, readonly string[]> = {
  errors: [],
  charts: [],
  metrics: [],
  settings: ["errors", "metrics"],
  logging: ["errors", "settings"],
  files: ["errors"],
  tables: ["errors", "settings", "files"],
  "learning/data": ["errors", "settings", "files", "tables"],
  "learning/text": ["errors", "settings"],
  "learning/model": ["errors", "metrics", "settings", "learning/data", "learning/text"],
  "learning/comparison": ["errors", "metrics", "settings", "learning/data", "learning/model"],
  contracts: ["errors", "metrics", "settings", "files", "tables", "learning/text", "learning/model"],
  outputs: ["errors", "settings", "files", "contracts"],
  alerts: ["errors", "settings", "files", "contracts"],
  mlflow: ["errors", "settings", "logging", "files", "learning/model", "contracts"],
  queue: ["errors", "settings", "logging", "contracts"],
  worker: ["errors", "settings", "logging", "contracts", "queue"],
};

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

const importsOf = (file: string) =>
  [...readFileSync(file, "utf8").matchAll(IMPORT)].map((found) => found[1] as string);

/** Rooms that each room of `shared` imports, with one file that does. */
function arrowsOfShared(): Map<string, Map<string, string>> {
  const root = join(packagesFolder, "shared", "src");
  const arrows = new Map<string, Map<string, string>>();
  const roomOf = (file: string) => {
    const [room, inner] = relative(root, file).split(/[\\/]/) as [string, string];
    return room === "learning" ? `${room}/${inner}` : room;
  };
  for (const file of sourcesIn(root)) {
    const room = roomOf(file);
    const known = arrows.get(room) ?? new Map<string, string>();
    arrows.set(room, known);
    for (const name of importsOf(file).filter((imported) => imported.startsWith("."))) {
      const target = roomOf(normalize(join(dirname(file), name)));
      if (target !== room) known.set(target, relative(root, file));
    }
  }
  return arrows;
}

describe("the rooms of shared", () => {
  const arrows = arrowsOfShared();

  it("are the ones of the table, and import only what it allows", () => {
    expect([...arrows.keys()].sort()).toEqual(Object.keys(ROOMS).sort());
    const forbidden = [...arrows].flatMap(([room, targets]) =>
      [...targets]
        .filter(([target]) => !ROOMS[room]!.includes(target))
        .map(([target, file]) => `${file} (${room}) imports ${target}`),
    );
    expect(forbidden).toEqual([]);
  });

  it("have no circle: every arrow points to a floor below", () => {
    const order = Object.keys(ROOMS);
    const upward = order.flatMap((room, floor) =>
      ROOMS[room]!.filter((target) => order.indexOf(target) >= floor).map((target) => `${room} -> ${target}`),
    );
    expect(upward).toEqual([]);
  });
});

describe("the packages", () => {
  it("know shared and themselves: no worker imports another, and none imports the producer", () => {
    const strangers = readdirSync(packagesFolder).flatMap((name) =>
      sourcesIn(join(packagesFolder, name, "src")).flatMap((file) =>
        importsOf(file)
          .filter((imported) => imported.startsWith("@colaml/") && !imported.startsWith("@colaml/shared/"))
          .map((imported) => `${relative(packagesFolder, file)} imports ${imported}`),
      ),
    );
    expect(strangers).toEqual([]);
  });
});

/** The rooms of the producer, ground first: a room may import those that are named. */
const PRODUCER_ROOMS: Record<string, string[]> = {
  review: [],
  registry: [],
  submit: [],
  page: ["registry", "submit"],
  serving: [],
  http: ["registry", "submit", "page", "serving"],
  local: ["submit", "http"],
  forget: [],
  doctor: ["local"],
  cli: ["forget", "review", "registry", "submit", "http", "local", "doctor"],
  demo: ["submit", "local", "doctor", "cli"],
  "main.ts": ["http", "local", "cli"],
  "cola.ts": ["cli", "demo"],
};

/** Arrows among the folders below a package's `src`; a file that stands beside them is a room of its own. */
function arrowsOf(name: string): Map<string, Set<string>> {
  const root = join(packagesFolder, name, "src");
  const roomOf = (file: string) => relative(root, file).split(/[\\/]/)[0] as string;
  const arrows = new Map<string, Set<string>>();
  for (const file of sourcesIn(root)) {
    const room = roomOf(file);
    const targets = arrows.get(room) ?? new Set<string>();
    arrows.set(room, targets);
    for (const imported of importsOf(file).filter((path) => path.startsWith("."))) {
      const target = normalize(join(dirname(file), imported));
      const isFile = dirname(target) === root;
      const targetRoom = isFile ? `${relative(root, target)}.ts` : roomOf(target);
      if (targetRoom !== room) targets.add(targetRoom);
    }
  }
  return arrows;
}

/** Rooms that reach each other, each circle once. */
function circlesAmong(arrows: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const reachedFrom = (start: string) => {
    const reached = new Set<string>();
    const open = [start];
    for (let room = open.pop(); room !== undefined; room = open.pop()) {
      for (const target of arrows.get(room) ?? []) {
        if (reached.has(target)) continue;
        reached.add(target);
        open.push(target);
      }
    }
    return reached;
  };
  const reach = new Map([...arrows.keys()].map((room) => [room, reachedFrom(room)]));
  const circles = [...reach].map(([room, reached]) =>
    [...reached].filter((other) => reached.has(room) && reach.get(other)?.has(room)).sort(),
  );
  return [...new Set(circles.filter((circle) => circle.length > 0).map((circle) => circle.join()))].map(
    (circle) => circle.split(","),
  );
}

describe("the rooms of the other packages", () => {
  it.each(["producer", "trainer-worker", "predictor-worker", "monitor-worker"])(
    "of %s know each other in one direction",
    (name) => {
      expect(circlesAmong(arrowsOf(name))).toEqual([]);
    },
  );

  it("of the producer are the ones of the table, and import only what it allows", () => {
    const arrows = arrowsOf("producer");
    expect([...arrows.keys()].sort()).toEqual(Object.keys(PRODUCER_ROOMS).sort());
    const forbidden = [...arrows].flatMap(([room, targets]) =>
      [...targets]
        .filter((target) => !PRODUCER_ROOMS[room]!.includes(target))
        .map((to) => `${room} -> ${to}`),
    );
    expect(forbidden).toEqual([]);
  });

  it("of a worker begin in main.ts, which only starts it, and start.ts, which wires it", () => {
    for (const name of ["trainer", "predictor", "monitor"]) {
      const root = join(packagesFolder, `${name}-worker`, "src");
      const lines = readFileSync(join(root, "main.ts"), "utf8").trim().split("\n");
      expect({ name, lines: lines.length, files: readdirSync(root).includes("start.ts") }).toEqual({
        name,
        lines: 4,
        files: true,
      });
    }
  });
});

describe("the libraries of the queue", () => {
  const importersOf = (library: string) => [
    ...new Set(
      readdirSync(packagesFolder).flatMap((name) =>
        sourcesIn(join(packagesFolder, name, "src"))
          .filter((file) => importsOf(file).includes(library))
          .map((file) => relative(packagesFolder, dirname(file))),
      ),
    ),
  ];

  it("are known where jobs are added, looked at and run: no processor knows them", () => {
    expect(importersOf("bullmq").sort()).toEqual([
      "producer/src/submit",
      "shared/src/queue",
      "shared/src/worker",
    ]);
    expect(importersOf("ioredis").sort()).toEqual(["predictor-worker/src/transport", "shared/src/queue"]);
  });
});
