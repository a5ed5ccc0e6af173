//! Files that mean harm: they cost one clear problem, little time and little memory.

use super::super::{
    Format, MAX_BYTES, MAX_DEVICES, MAX_NOTES, MAX_YAML_BYTES, read, read_csv, read_pasted_list, read_sessions_yaml,
};
use super::{names, places};

#[test]
fn files_over_the_limit_are_refused_before_they_are_read() {
    let large = vec![b'a'; MAX_BYTES + 1];
    for inventory in [
        read_csv(&large),
        read_pasted_list(&large),
        read_sessions_yaml(&large[..MAX_YAML_BYTES + 1]),
    ] {
        assert_eq!(places(&inventory.problems), ["0: -"]);
        assert!(
            inventory.problems[0].problem.contains("too large"),
            "{}",
            inventory.problems[0]
        );
    }
}

#[test]
fn empty_files_and_workbooks_are_named_as_such() {
    for format in Format::ALL {
        for empty in [&b""[..], b"\xef\xbb\xbf", b"\xff\xfe", b" \r\n\t\n"] {
            assert!(read(empty, Some(format), None).problems[0].problem.contains("empty"));
        }
        assert!(
            read(b"PK\x03\x04\x14\0", Some(format), None).problems[0]
                .problem
                .contains("CSV UTF-8")
        );
    }
}

#[test]
fn aliases_do_not_multiply() {
    let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for (this, last) in ('b'..='z').zip('a'..) {
        bomb.push_str(&format!(
            "{this}: &{this} [{}]\n",
            vec![format!("*{last}"); 10].join(",")
        ));
    }
    // One long text, and many that repeat it.
    let long = format!("- &a {}\n{}", "x".repeat(4_000_000), "- *a\n".repeat(9_000));
    for yaml in [bomb, long] {
        let inventory = read_sessions_yaml(yaml.as_bytes());
        assert_eq!(inventory.devices, []);
        assert!(inventory.problems.iter().all(|problem| problem.problem.len() < 400));
    }
}

#[test]
fn nesting_ends_in_a_problem_and_not_in_the_stack() {
    for deep in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        "[".repeat(5_000_000),
    ] {
        let inventory = read_sessions_yaml(deep.as_bytes());
        assert_eq!(inventory.devices, []);
        assert_eq!(inventory.problems.len(), 1);
        assert!(
            inventory.problems[0].problem.contains("passes a limit"),
            "{}",
            inventory.problems[0]
        );
    }
    let blocks: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_eq!(read_sessions_yaml(blocks.as_bytes()).devices, []);
}

#[test]
fn a_large_honest_sessions_file_passes_the_limits() {
    let mut yaml = String::from("- folder_name: a\n  sessions:\n");
    for number in 0..22_000 {
        yaml.push_str(&format!(
            "  - display_name: device-{number}\n    host: 11.{}.{}.{}\n    port: '22'\n    credsid: '1'\n    DeviceType: Network\n    Vendor: Cisco\n    Model: C9300\n    SerialNumber: ''\n    SoftwareVersion: 17.9.4\n",
            number / 65_536, number / 256 % 256, number % 256
        ));
    }
    assert!(yaml.len() > 4_000_000 && yaml.len() < MAX_YAML_BYTES);
    let inventory = read_sessions_yaml(yaml.as_bytes());
    assert_eq!(inventory.problems.first().map(ToString::to_string), None);
    assert_eq!(inventory.devices.len(), 22_000);
}

#[test]
fn nul_bytes_and_other_encodings_cost_their_row() {
    let inventory = read_csv(b"name,host,site\nsw\0 1,10.0.0.1,x\nsw2,10.0.0.2,Z\xfcrich\nsw3,10.0.0.3,z\n");
    assert_eq!(names(&inventory), ["sw3"]);
    assert_eq!(places(&inventory.problems), ["2: name", "3: site"]);
    assert!(inventory.problems[1].problem.contains("UTF-8"));
    assert_eq!(names(&read_pasted_list(b"sw1\0\nsw2\xff\nsw3\n")), ["sw3"]);
    assert_eq!(read_sessions_yaml(b"- host: sw1\0\n").devices, []);
    // UTF-16 with half a character at its end.
    assert_eq!(names(&read_csv(b"\xff\xfeh\0o\0s\0t\0\n\0a\0\n\0b\0\n")), ["a"]);
}

#[test]
fn quotes_do_not_make_the_reading_slow() {
    // Each of these rows swallows all that follow.
    let csv = format!("name,host\n{}", "a\"b,\"c\n".repeat(500_000));
    let inventory = read_csv(csv.as_bytes());
    assert_eq!(inventory.devices, []);
    assert!(inventory.problems.len() < 50);
    assert!(inventory.problems.last().unwrap().problem.contains("were not read"));
}

#[test]
fn many_rows_and_many_problems_have_an_end() {
    let mut list = String::new();
    for number in 0..MAX_DEVICES + 5 {
        list.push_str(&format!("d{number}x\n"));
    }
    let inventory = read_pasted_list(list.as_bytes());
    assert_eq!(inventory.devices.len(), MAX_DEVICES);
    assert!(inventory.problems[0].problem.contains("more than 100000 devices"));
    let inventory = read_csv(format!("host\n{}", "!\n".repeat(MAX_NOTES + 7)).as_bytes());
    assert_eq!(inventory.problems.len(), MAX_NOTES + 1);
    assert!(inventory.problems[MAX_NOTES].problem.contains("7 more problems"));
}

#[test]
fn wide_headers_and_odd_delimiters_are_refused() {
    let header = "host,".repeat(200_000);
    assert!(
        read_csv(header.as_bytes()).problems[0]
            .problem
            .contains("1000 are allowed")
    );
    assert_eq!(read_csv(b"sep=\"\nname,host\na,b\n").devices, []);
}

#[test]
fn messages_never_carry_what_turns_a_terminal_or_a_page_around() {
    let inventory = read_csv("name,host,\u{202e}\u{1b}[2J\na\u{202e}\u{7},x\u{1b}]0;,\n".as_bytes());
    let all: String = inventory
        .problems
        .iter()
        .chain(&inventory.warnings)
        .map(ToString::to_string)
        .collect();
    assert!(!inventory.problems.is_empty());
    assert!(!all.chars().any(|c| c.is_control() || c == '\u{202e}'), "{all:?}");
}
