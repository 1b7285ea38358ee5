import { textsOf } from "@colaml/producer/http/routes/invocations";

const COLUMNS = ["subject", "body"];

describe("the texts of a body of MLflow's protocol", () => {
  it("are joined from several columns, of records and of a split frame alike", () => {
    const data = [
      ["where is it", "Refund"],
      [null, "Hello"],
    ];
    const expected = ["Refund\nwhere is it", "Hello\n"];
    expect(textsOf({ dataframe_split: { columns: ["body", "subject"], data } }, COLUMNS)).toEqual(expected);
    const records = data.map(([body, subject]) => ({ body, subject }));
    expect(textsOf({ dataframe_records: records }, COLUMNS)).toEqual(expected);
    expect(textsOf({ inputs: ["Refund\nwhere is it"] }, COLUMNS)).toEqual(["Refund\nwhere is it"]);
  });

  it("refuse a frame that lacks one of the columns, and a cell that is not a text", () => {
    const lacking = { dataframe_split: { columns: ["body"], data: [["x"]] } };
    expect(() => textsOf(lacking, COLUMNS)).toThrow('dataframe_split has no column "subject"');
    expect(() => textsOf({ dataframe_records: [{ subject: "x", body: 7 }] }, COLUMNS)).toThrow("0: ");
  });
});
