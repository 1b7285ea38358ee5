import type { Dataset } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
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
  return {
    path,
    ...(format && { format }),
    ...(data.encoding !== "utf-8" && { encoding: data.encoding }),
    ...(data.delimiter !== "" && { delimiter: data.delimiter }),
    ...(data.quote !== '"' && { quote: data.quote }),
    ...(data.quoteEscape !== "double" && {
      quoteEscape: data.quoteEscape as NonNullable<Dataset["quoteEscape"]>,
    }),
    ...(data.columns !== "" && { columnNames: data.columns.split(",").map((name) => name.trim()) }),
    ...(data.missingValues !== "pandas" && {
      missingValues: data.missingValues as NonNullable<Dataset["missingValues"]>,
    }),
  };
}
