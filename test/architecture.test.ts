import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const packagesFolder = join(__dirname, "..", "packages");
const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/g;

/** Floors of `packages/shared/src`, ground first, and what each may import. */
const ROOMS: Record<string, readonly string[]> = {
  errors: [],
  charts: [],
  settings: ["errors"],
  logging: ["errors", "settings"],
  files: ["errors"],
  tables: ["errors", "settings", "files"],
  "learning/data": ["errors", "settings", "files", "tables"],
  "learning/text": ["errors", "settings"],
  "learning/model": ["errors", "settings", "learning/data", "learning/text"],
  "learning/comparison": ["errors", "settings", "learning/data", "learning/model"],
  contracts: ["errors", "settings", "files", "tables", "learning/model"],
  outputs: ["errors", "files", "contracts"],
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
