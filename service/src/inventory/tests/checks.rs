//! The checks of single values, and what messages show.

use super::super::checks::{host, name_key, port, quoted, tags, text};
use super::super::{Format, RowProblem};

fn address(written: &str) -> String {
    host(written).map_or_else(|problem| format!("problem: {problem}"), |host| host.address)
}

#[test]
fn addresses_are_ip_literals_in_canonical_form_or_host_names() {
    for (written, address_of_it) in [
        ("10.0.0.1", "10.0.0.1"),
        (" sw1.example.net. ", "sw1.example.net"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("3com-1", "3com-1"),
        ("10-0-0-1.example", "10-0-0-1.example"),
        ("xn--zrich-kva.example", "xn--zrich-kva.example"),
        ("127.0.0.1", "127.0.0.1"),
    ] {
        assert_eq!(address(written), address_of_it, "{written}");
    }
}

#[test]
fn what_is_no_address_of_one_device_is_refused_with_advice() {
    let long = format!("{}.example", "a".repeat(64));
    for (written, because) in [
        ("", "no address"),
        ("ssh://10.0.0.1", "URL"),
        ("10.0.0.256", "not an IPv4"),
        ("10.1", "not an IPv4"),
        ("010.0.0.1", "not an IPv4"),
        ("2130706433", "not an IPv4"),
        ("0x7f000001", "not an IPv4"),
        ("0x7f.0.0.0x1", "not an IPv4"),
        ("10.0.0.1-10.0.0.9", "range"),
        ("10.0.0.1-9", "range"),
        ("10.0.0.0/24", "network"),
        ("0.0.0.0", "one device"),
        ("255.255.255.255", "one device"),
        ("224.0.0.5", "one device"),
        ("ff02::1", "one device"),
        ("::", "one device"),
        ("fe80::1%eth0", "IPv6"),
        ("2001:db8::1:zz", "IPv6"),
        ("[2001:db8::1", "bracket"),
        ("[2001:db8::1]22", "bracket"),
        ("[10.0.0.1]", "IPv6"),
        ("10.0.0.1/99", "neither"),
        ("a/b", "neither"),
        ("../../etc/passwd", "neither"),
        ("-oProxyCommand=x", "neither"),
        ("-sw1", "neither"),
        ("sw_1", "neither"),
        ("a..b", "neither"),
        ("sw 1", "neither"),
        (&long, "neither"),
        ("zürich", "xn--"),
        ("10.0.0.1:", "port"),
        ("10.0.0.1:0", "port"),
        ("10.0.0.1:65536", "port"),
        ("10.0.0.1\0", "cannot be seen"),
        ("10.0.0.1\u{202e}", "cannot be seen"),
    ] {
        let answer = address(written);
        assert!(
            answer.starts_with("problem: ") && answer.contains(because),
            "{written}: {answer}"
        );
    }
}

#[test]
fn an_address_may_bring_a_port_a_user_and_a_length() {
    let read = host("admin@[2001:db8::1]:2222").unwrap();
    assert_eq!(
        (read.address.as_str(), read.port, read.user, read.prefix),
        ("2001:db8::1", Some(2222), true, false)
    );
    let read = host("10.0.0.1/24").unwrap();
    assert_eq!(
        (read.address.as_str(), read.port, read.user, read.prefix),
        ("10.0.0.1", None, false, true)
    );
    for device in ["10.0.0.0/31", "10.0.0.0/32", "2001:db8::/127", "2001:db8::5/64"] {
        assert!(host(device).unwrap().prefix, "{device}");
    }
}

#[test]
fn ports_are_numbers_from_1_to_65535() {
    assert_eq!(port(" 22 "), Ok(Some(22)));
    assert_eq!(port("65535"), Ok(Some(65535)));
    assert_eq!(port(""), Ok(None));
    for wrong in [
        "0",
        "65536",
        "-1",
        "+22",
        "22.0",
        "0x16",
        "1e3",
        "٢٢",
        "99999999999999999999",
    ] {
        assert!(port(wrong).unwrap_err().contains("from 1 to 65535"), "{wrong}");
    }
}

#[test]
fn names_may_look_like_paths_but_must_be_visible_and_short() {
    for name in [
        "../../etc/x",
        "a/b",
        "CON",
        "node0/re0",
        "=1+1",
        "Zürich ☎",
        "<script>alert(1)</script>",
    ] {
        assert_eq!(text(name).unwrap().as_deref(), Some(name));
    }
    for hidden in [
        "a\0b",
        "a\nb",
        "a\u{1b}[2Jb",
        "a\u{202e}b",
        "a\u{200b}b",
        "a\u{feff}b",
        "a\u{2028}b",
        "a\u{85}b",
    ] {
        assert!(text(hidden).unwrap_err().contains("cannot be seen"), "{hidden:?}");
    }
    assert!(text(&"ü".repeat(255)).is_ok());
    assert!(
        text(&"ü".repeat(256))
            .unwrap_err()
            .contains("256 characters, 255 are allowed")
    );
    assert_eq!(text("  "), Ok(None));
    assert_eq!(name_key(" Core-Ä "), name_key("CORE-ä"));
}

#[test]
fn tags_are_separated_and_not_repeated() {
    assert_eq!(tags("prod; l3,prod |edge;;").unwrap(), ["prod", "l3", "edge"]);
    let many: Vec<String> = (0..65).map(|number| number.to_string()).collect();
    assert!(tags(&many.join(";")).unwrap_err().contains("more than 64"));
}

#[test]
fn messages_show_values_cut_and_without_what_cannot_be_seen() {
    assert_eq!(quoted("a\u{202e}\0\n"), "'a\\u{202e}\\u{0}\\u{a}'");
    assert_eq!(quoted(&"x".repeat(100)), format!("'{}…'", "x".repeat(60)));
    let problem = RowProblem {
        row: 3,
        field: Some("port".to_owned()),
        problem: "It is wrong.".to_owned(),
    };
    assert_eq!(problem.to_string(), "line 3: port: It is wrong.");
    let problem = RowProblem {
        row: 0,
        field: None,
        problem: "It is empty.".to_owned(),
    };
    assert_eq!(problem.to_string(), "It is empty.");
}

#[test]
fn formats_have_names() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(format));
    }
    assert_eq!("sessions.yaml".parse(), Ok(Format::SessionsYaml));
    assert_eq!("Pasted-List".parse(), Ok(Format::PastedList));
    assert!(
        "xlsx"
            .parse::<Format>()
            .unwrap_err()
            .to_string()
            .contains("'xlsx'; the formats are csv")
    );
}

#[test]
fn a_format_is_known_by_the_name_or_by_how_the_file_begins() {
    let detect = |text: &str, name| Format::detect(text.as_bytes(), name);
    assert_eq!(detect("x", Some("a/Sessions.YML")), Format::SessionsYaml);
    assert_eq!(detect("x", Some("devices.CSV")), Format::Csv);
    assert_eq!(detect("- folder_name: a", Some("devices.txt")), Format::SessionsYaml);
    assert_eq!(
        detect("\u{feff}# mine\n\n---\n- folder_name: a", None),
        Format::SessionsYaml
    );
    assert_eq!(detect("-\n  folder_name: a", None), Format::SessionsYaml);
    assert_eq!(detect("[{folder_name: a}]", None), Format::SessionsYaml);
    assert_eq!(detect("Name;IP Address;Site\na;10.0.0.1;x", None), Format::Csv);
    assert_eq!(detect("ip\n10.0.0.1", None), Format::Csv);
    assert_eq!(detect("sep=;\nfoo", None), Format::Csv);
    for list in [
        "10.0.0.1, sw1.example",
        "[2001:db8::1]:22",
        "node\nsw1",
        "",
        "# none\n",
        "sw1",
    ] {
        assert_eq!(detect(list, None), Format::PastedList, "{list}");
    }
    assert_eq!(
        Format::detect(&[0xff, 0xfe, b'i', 0, b'p', 0, b'\n', 0], None),
        Format::Csv
    );
}
