//! CSV files.

use super::super::{InventoryDevice, read_csv};
use super::{names, only, places, some};

const EXAMPLE: &str = "name,host,port,platform,site,role,vendor,model,credential,tags,enabled
core1,10.0.0.1,22,cisco_ios,ams,core,Cisco,C9300,lab,\"prod;l3\",true
";

#[test]
fn our_own_example_is_read_whole() {
    let inventory = read_csv(EXAMPLE.as_bytes());
    assert_eq!(inventory.warnings, []);
    let expected = InventoryDevice {
        platform: some("cisco_ios"),
        site: some("ams"),
        role: some("core"),
        vendor: some("Cisco"),
        model: some("C9300"),
        credential: some("lab"),
        tags: vec!["prod".to_owned(), "l3".to_owned()],
        ..InventoryDevice::new("core1", "10.0.0.1")
    };
    assert_eq!(only(inventory), expected);
}

#[test]
fn byte_order_marks_delimiters_line_ends_and_utf_16_make_no_difference() {
    let expected = only(read_csv(EXAMPLE.as_bytes()));
    let semicolons = EXAMPLE.replace("prod;l3", "prod|l3").replace(',', ";");
    let tabs = EXAMPLE.replace(',', "\t");
    let utf16 = |big: bool| -> Vec<u8> {
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        "\u{feff}"
            .encode_utf16()
            .chain(tabs.encode_utf16())
            .flat_map(unit)
            .collect()
    };
    for bytes in [
        format!("\u{feff}{EXAMPLE}").into_bytes(),
        semicolons.clone().into_bytes(),
        format!("sep=;\n{semicolons}").into_bytes(),
        tabs.clone().into_bytes(),
        EXAMPLE.replace(',', "|").into_bytes(),
        EXAMPLE.replace('\n', "\r\n").into_bytes(),
        EXAMPLE.replace('\n', "\r").into_bytes(),
        EXAMPLE.trim_end().as_bytes().to_vec(),
        format!("\n# our devices\n\n{EXAMPLE}\n,,,\n").into_bytes(),
        utf16(false),
        utf16(true),
    ] {
        assert_eq!(only(read_csv(&bytes)), expected, "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn columns_go_by_the_names_of_other_tools_in_any_order_and_case() {
    let csv = "Device Type,Serial Number,SW-Version,Manufacturer,Location,IP_Address,HostName\nIOS,FOC1,17.10,Cisco,ams,10.0.0.1,core1\n";
    let device = only(read_csv(csv.as_bytes()));
    assert_eq!((device.name.as_str(), device.address.as_str()), ("core1", "10.0.0.1"));
    assert_eq!(device.platform, some("ios"));
    assert_eq!((device.serial, device.os_version), (some("FOC1"), some("17.10")));
    assert_eq!((device.vendor, device.site), (some("Cisco"), some("ams")));
}

#[test]
fn a_hostname_is_the_address_or_the_name_whichever_has_no_column() {
    for (csv, name, address) in [
        ("hostname\nsw1\n", "sw1", "sw1"),
        ("hostname,ip\nsw1,10.0.0.1\n", "sw1", "10.0.0.1"),
        ("hostname,ip\nsw1,\n", "sw1", "sw1"),
        ("hostname,ip\n,10.0.0.1\n", "10.0.0.1", "10.0.0.1"),
        ("name,hostname\ncore,sw1\n", "core", "sw1"),
        ("name,hostname,mgmt_ip\ncore,sw1,10.0.0.1\n", "core", "10.0.0.1"),
        ("name,host\n,sw1\n", "sw1", "sw1"),
    ] {
        let device = only(read_csv(csv.as_bytes()));
        assert_eq!(
            (device.name.as_str(), device.address.as_str()),
            (name, address),
            "{csv}"
        );
    }
}

#[test]
fn a_bad_row_costs_only_itself_and_every_wrong_value_is_named() {
    let csv = "name,host,port,enabled\nsw1,10.0.0.1,,\nsw2,10.0.0.999,99999,maybe\nsw3,,,\nsw4,10.0.0.4,22,true,left,over\nsw5,10.0.0.5\n";
    let inventory = read_csv(csv.as_bytes());
    assert_eq!(names(&inventory), ["sw1", "sw5"]);
    assert_eq!(
        places(&inventory.problems),
        ["3: address", "3: port", "3: enabled", "4: address", "5: -"]
    );
    assert!(inventory.problems[1].problem.contains("'99999' is not a port"));
    assert!(inventory.problems[4].problem.contains("'left'"));
}

#[test]
fn names_are_unique_ignoring_case_and_the_problem_names_both_rows() {
    let inventory = read_csv(b"name,host\nCore,10.0.0.1\nsw,10.0.0.2\ncore,10.0.0.3\n");
    assert_eq!(names(&inventory), ["Core", "sw"]);
    assert_eq!(places(&inventory.problems), ["4: name"]);
    assert!(
        inventory.problems[0]
            .problem
            .contains("'core' of line 4 is that of line 2")
    );
}

#[test]
fn the_same_address_under_two_names_is_read_and_warned_of() {
    let inventory = read_csv(b"name,host,port\na,SW1,\nb,sw1,22\nc,sw1,23\n");
    assert_eq!(names(&inventory), ["a", "b", "c"]);
    assert_eq!(places(&inventory.warnings), ["3: address"]);
    assert!(inventory.warnings[0].problem.contains("address of line 2"));
}

#[test]
fn what_is_not_used_is_said_and_secrets_are_not_repeated() {
    let inventory = read_csv(b"name,ip,ip_address,Password,username,rack\nsw1,10.0.0.1,10.0.0.2,hunter2,root,4\n");
    assert_eq!(inventory.devices[0].address, "10.0.0.1");
    let warnings: Vec<&str> = inventory
        .warnings
        .iter()
        .map(|warning| warning.problem.as_str())
        .collect();
    assert_eq!(warnings.len(), 4);
    assert!(warnings[0].contains("'ip_address' is not used: 'ip' is"));
    assert!(warnings[1].contains("'Password' is not read"));
    assert!(warnings[2].contains("'username' is not read"));
    assert!(warnings[3].contains("'rack' is not known"));
    assert!(!format!("{inventory:?}").contains("hunter2"));
}

#[test]
fn a_file_without_a_usable_header_says_what_one_looks_like() {
    for csv in ["10.0.0.1,sw1\n10.0.0.2,sw2\n", "name,site\na,b\n", "PASSWORDS\nx\n"] {
        let inventory = read_csv(csv.as_bytes());
        assert_eq!(inventory.devices, []);
        assert_eq!(places(&inventory.problems), ["1: -"]);
        assert!(
            inventory.problems[0].problem.contains("name,host,port"),
            "{}",
            inventory.problems[0]
        );
    }
    assert!(read_csv(b"name,host\n").problems[0].problem.contains("no device"));
    assert!(
        read_csv(b"# only\n#this\n").problems[0]
            .problem
            .contains("but comments")
    );
}

#[test]
fn platforms_are_kept_as_written_in_lower_case_and_auto_means_detect() {
    let inventory = read_csv(b"host,platform\na, Cisco_XE \nb,auto\nc,\nd,my-own\n");
    let platforms: Vec<Option<&str>> = inventory
        .devices
        .iter()
        .map(|device| device.platform.as_deref())
        .collect();
    assert_eq!(platforms, [Some("cisco_xe"), None, None, Some("my-own")]);
}

#[test]
fn flags_are_read_in_the_ways_people_write_them() {
    let inventory = read_csv(b"host,enabled,legacy\na,Yes,on\nb,0,no\nc,FALSE,1\nd,,\n");
    let flags: Vec<_> = inventory
        .devices
        .iter()
        .map(|device| (device.enabled, device.legacy_algorithms))
        .collect();
    assert_eq!(flags, [(true, true), (false, false), (false, true), (true, false)]);
}

#[test]
fn an_interface_address_is_taken_without_its_length() {
    let inventory = read_csv(b"name,primary_ip4\nsw1,10.0.0.1/24\nsw2,10.0.0.0/24\n");
    assert_eq!(inventory.devices[0].address, "10.0.0.1");
    assert_eq!(places(&inventory.warnings), ["2: address"]);
    assert_eq!(places(&inventory.problems), ["3: address"]);
}

#[test]
fn a_port_behind_the_address_counts_unless_the_column_says_otherwise() {
    let inventory = read_csv(b"name,host,port\na,10.0.0.1:2222,\nb,10.0.0.2:2222,2222\nc,10.0.0.3:2222,22\n");
    assert_eq!(names(&inventory), ["a", "b"]);
    assert!(inventory.devices.iter().all(|device| device.port == 2222));
    assert_eq!(places(&inventory.problems), ["4: port"]);
}

#[test]
fn a_line_break_in_a_column_of_others_is_read_and_mentioned() {
    let inventory = read_csv(b"name,host,description\na,10.0.0.1,\"two\nlines\"\nb,10.0.0.2,x\nb,10.0.0.3,x\n");
    assert_eq!(names(&inventory), ["a", "b"]);
    assert!(
        inventory
            .warnings
            .iter()
            .any(|warning| warning.row == 2 && warning.problem.contains("on to line 3"))
    );
    assert_eq!(places(&inventory.problems), ["5: name"]);
}

#[test]
fn a_quote_that_never_closes_costs_its_line_and_not_the_rest() {
    let inventory =
        read_csv(b"name,host,site\na,10.0.0.1,x\n\"b,10.0.0.2,x\nc,10.0.0.3,x\nd,10.0.0.4,\"y\ne,10.0.0.5,z\n");
    assert_eq!(names(&inventory), ["a", "c", "e"]);
    assert_eq!(places(&inventory.problems), ["3: -", "5: -"]);
    assert!(inventory.problems[0].problem.contains("does not close"));
}
