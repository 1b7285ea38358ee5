import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The real rows, which are never part of the repository; undefined if they are not there. */
const path = process.env["COLAML_TEST_DATA"] ?? resolve(__dirname, "../../../../shared/data/twcs-5k.csv");

export const realDataPath = existsSync(path) ? path : undefined;

/** A test that runs if the real rows are there, and is counted as skipped elsewhere. */
export const itWithRealData = realDataPath === undefined ? it.skip : it;
