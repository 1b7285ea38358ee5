import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The nearest folder above that holds the package `colaml`: a checkout's root, or the installed package's folder. */
function findInstallation(from: string): { folder: string; version: string } {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = manifestIn(folder);
    if (manifest?.name === "colaml") return { folder, version: manifest.version };
  }
  throw new Error(`no package.json of colaml above ${from}: install ColaML again`);
}

function manifestIn(folder: string): { name: string; version: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      name: string;
      version: string;
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const installation = findInstallation(__dirname);

/** Where ColaML lies, with its scripts and documents: a checkout's root, or the installed package's folder. */
export const INSTALLATION_FOLDER = installation.folder;

/** The release of ColaML that this process runs, such as `0.1.0`: the version in that folder's package.json. */
export const RELEASE = installation.version;
