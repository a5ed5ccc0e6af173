//! Parses what stands on standard input, for whoever writes a template or a mapping.
//!
//! `cargo run -p parsers --example parse -- PLATFORM CAPTURE_TYPE 'COMMAND' < output.txt` prints the
//! records as JSON, and on standard error the template and the lines that it did not understand.

use std::io::Read;

use parsers::{Capture, Library, Limits, parse};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let [platform, capture_type, command] = arguments.as_slice() else {
        return Err("usage: parse PLATFORM CAPTURE_TYPE COMMAND < output".into());
    };
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let commands = [command.clone()];
    let capture = Capture {
        platform,
        capture_type,
        commands: &commands,
        text: &text,
    };
    let parsed = parse(Library::built_in(), &capture, &Limits::default())?;
    for template in &parsed.templates {
        eprintln!(
            "{} ({:?}, version {})",
            template.name, template.origin, template.version
        );
    }
    eprintln!(
        "{} records, {} of them incomplete, {} lines",
        parsed.records.len(),
        parsed.incomplete,
        parsed.lines
    );
    let strict = if parsed.knows_every_line {
        ""
    } else {
        " (the template leaves lines aside on purpose)"
    };
    eprintln!("{} lines not understood{strict}", parsed.unknown.count);
    for line in &parsed.unknown.examples {
        eprintln!("  {}: {}", line.number, line.text);
    }
    println!("{}", serde_json::to_string_pretty(&parsed.records)?);
    Ok(())
}
