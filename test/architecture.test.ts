import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

const packagesFolder = join(__dirname, "..", "packages");
const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/g;

/**
 * Floors of `packages/shared/src`, ground first, and what each may import. What stands behind `later` still does,
 * against the direction that is wanted: an arrow that is gone must go from here as well.
 */
const ROOMS: Record<string, { may: string[]; later?: string[] }> = {
  errors: { may: [] },
  settings: { may: ["errors"] },
  logging: { may: ["errors", "settings"] },
  files: { may: ["errors"] },
  tables: { may: ["errors", "settings", "files"] },
  "learning/data": { may: ["errors", "settings", "files", "tables"], later: ["contracts"] },
  "learning/text": { may: ["errors", "settings"], later: ["contracts"] },
  "learning/model": {
    may: ["errors", "settings", "learning/data", "learning/text"],
    later: ["contracts"],
  },
  "learning/comparison": { may: ["errors", "learning/data", "learning/model"] },
  contracts: { may: ["errors", "settings", "files", "tables"] },
  outputs: { may: ["errors", "files", "contracts"] },
  alerts: { may: ["errors", "files", "contracts"] },
  mlflow: { may: ["errors", "settings", "logging", "files", "learning/model", "contracts"] },
  queue: { may: ["errors", "settings", "logging", "contracts"] },
  worker: { may: ["errors", "settings", "logging", "contracts", "queue"] },
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
        .filter(([target]) => ![...ROOMS[room]!.may, ...(ROOMS[room]!.later ?? [])].includes(target))
        .map(([target, file]) => `${file} (${room}) imports ${target}`),
    );
    expect(forbidden).toEqual([]);
  });

  it("have no wrong arrow in the table that is gone from the code", () => {
    for (const [room, { later = [] }] of Object.entries(ROOMS)) {
      expect({ room, later: later.filter((target) => arrows.get(room)?.has(target)) }).toEqual({
        room,
        later,
      });
    }
  });

  it("have no circle among the arrows that are wanted", () => {
    const order = Object.keys(ROOMS);
    const upward = order.flatMap((room, floor) =>
      ROOMS[room]!.may.filter((target) => order.indexOf(target) >= floor).map(
        (target) => `${room} -> ${target}`,
      ),
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
