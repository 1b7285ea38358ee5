import { z } from "zod";
import { payloadFields } from "./payload-fields";
import { text } from "./setting-kinds";

/** Name of a column of an input. */
export const columnName = z.string().min(1).max(256);

/** Which columns hold what. */
export const columnsSettings = {
  text: text({
    doc: "Text column",
    env: "COLAML_TEXT_COLUMN",
    default: "text",
    payload: "text",
    payloadType: columnName,
  }),
  label: text({
    doc: "Label column",
    env: "COLAML_LABEL_COLUMN",
    default: "inbound",
    payload: "label",
    payloadType: columnName,
  }),
  id: text({
    doc: "Id column",
    env: "COLAML_ID_COLUMN",
    default: "tweet_id",
    payload: "id",
    payloadType: columnName,
  }),
};

/** The columns a dataset is read by. `id` may be absent in a file: row numbers serve then. */
export const columnsSchema = z.strictObject(payloadFields(columnsSettings));
export type Columns = z.infer<typeof columnsSchema>;
