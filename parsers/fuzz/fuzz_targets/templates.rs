//! Any template, mapping or index of a user, and any text for it: three parts with a zero byte between them.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use parsers::{Capture, Library, Limits, parse};

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == 0).map(String::from_utf8_lossy);
    let (template, mapping, text) = (parts.next(), parts.next(), parts.next());
    let mut files = vec![
        ("index".to_owned(), "x.textfsm, .*, acme_os, show x\n".to_owned()),
        ("x.textfsm".to_owned(), template.unwrap_or_default().into_owned()),
    ];
    files.extend(mapping.filter(|text| !text.is_empty()).map(|text| ("x.yaml".to_owned(), text.into_owned())));
    let Ok(library) = Library::with_files(files) else { return };
    let commands = ["show x".to_owned()];
    let text = text.unwrap_or_default();
    let capture = Capture { platform: "acme_os", capture_type: "arp", commands: &commands, text: &text };
    let limits = Limits { max_time: Duration::from_secs(1), max_records: 10_000, ..Limits::default() };
    let _ = parse(&library, &capture, &limits);
});
