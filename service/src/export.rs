//! Tables as CSV that no spreadsheet takes for a program.

use parsers::csv_cell;

/// A table as CSV (RFC 4180). A cell that begins like a formula gets an apostrophe in front.
#[must_use]
pub fn csv(rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Into memory, and all rows are of one length: this cannot fail.
        let _ = writer.write_record(row.iter().map(|cell| csv_cell(cell).into_owned()));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_a_text() {
        let table = [vec!["=HYPERLINK(\"x\")".to_owned(), "a,\"b\"\nc".to_owned()]];
        assert_eq!(csv(&table), "\"'=HYPERLINK(\"\"x\"\")\",\"a,\"\"b\"\"\nc\"\n");
    }
}
