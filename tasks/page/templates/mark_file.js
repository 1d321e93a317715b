// The file of marks: comma-separated values as RFC 4180 has them, in UTF-8.
const markFile = {
  COLUMNS: ["image_id", "path", "label_seen", "verdict", "label", "comment", "initials", "model"],
  VERDICTS: ["agree", "wrong_label", "poor_film"],

  /**
   * A field of the file. A spreadsheet would run a text that begins with = + - @ (or a tab or a
   * carriage return) as a formula, so such a text gets an apostrophe before it, which the reader of
   * the pipeline takes off; so does a text with apostrophes before such a sign, or it would lose one.
   */
  field(value) {
    const text = /^'*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  },

  write(rows) {
    const lines = rows.map((row) => markFile.COLUMNS.map((name) => markFile.field(row[name] ?? "")));
    return [markFile.COLUMNS, ...lines].map((line) => `${line.join(",")}\r\n`).join("");
  },

  /** Records of fields. A field in quotes may hold commas, quotes (doubled) and line ends. */
  records(text) {
    const found = [];
    let record = [];
    const pattern = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|\n|\r|$)/gy;
    while (pattern.lastIndex < text.length) {
      const match = pattern.exec(text);
      if (!match) throw new Error("a quotation mark is not closed");
      const [, field, end] = match;
      record.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
      if (end !== ",") {
        found.push(record);
        record = [];
      } else if (pattern.lastIndex === text.length) record.push("");
    }
    if (record.length > 0) found.push(record);
    return found.filter((fields) => fields.length > 1 || fields[0] !== "");
  },

  /** Rows by column; the guards against formulas are taken off. */
  read(text) {
    const [header, ...records] = markFile.records(text.replace(/^\uFEFF/, ""));
    const missing = markFile.COLUMNS.filter((name) => !(header ?? []).includes(name));
    if (missing.length > 0) throw new Error(`the columns ${missing.join(", ")} are missing`);
    return records.map((fields) =>
      Object.fromEntries(header.map((name, place) => [name, (fields[place] ?? "").replace(/^'(?='*[=+\-@\t\r])/, "")])),
    );
  },
};
