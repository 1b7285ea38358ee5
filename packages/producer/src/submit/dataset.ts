import type { Dataset } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { dataSettings } from "@colaml/shared/settings/data-settings";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { formatByName } from "@colaml/shared/tables/file-format";

/**
 * A file as the settings say that it is read. What a setting leaves open is left open here: the reader takes it from
 * the file's name and its header.
 *
 * @throws ColaError USAGE for a format or a compression that is not the one that the file's name says
 */
export function datasetOf({ data }: ColaConfig, path: string): Dataset {
  const [format, compression] = data.inputFormat.split(".") as [Dataset["format"] | "", string?];
  if (compression !== undefined && !path.toLowerCase().endsWith(`.${compression}`)) {
    throw new ColaError(
      "USAGE",
      `--input-format ${data.inputFormat} names a compression, which the name of a file says itself: give ${path} a name that ends with .${compression}`,
    );
  }
  const named = formatByName(path);
  if (format && named !== undefined && named !== format) {
    throw new ColaError(
      "USAGE",
      `--input-format is for - and for files whose name says no format: the name of ${path} says ${named}`,
    );
  }
  const given = <K extends keyof typeof data>(key: K) => data[key] !== dataSettings[key].default;
  return {
    path,
    ...(format && { format }),
    ...(given("encoding") && { encoding: data.encoding }),
    ...(given("delimiter") && { delimiter: data.delimiter }),
    ...(given("quote") && { quote: data.quote }),
    ...(given("quoteEscape") && { quoteEscape: data.quoteEscape }),
    ...(given("columns") && { columnNames: data.columns.split(",").map((name) => name.trim()) }),
    ...(given("missingValues") && { missingValues: data.missingValues }),
  };
}
