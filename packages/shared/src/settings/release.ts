import { readFileSync } from "node:fs";
import { join } from "node:path";

const manifest = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as {
  version: string;
};

/** The release of ColaML that this process runs, such as `0.1.0`. */
export const RELEASE = manifest.version;
