//! The pasted list.

use super::super::{InventoryDevice, read, read_pasted_list, write_pasted_list};
use super::{names, places};

#[test]
fn the_list_that_other_tools_ask_for_is_read() {
    let inventory = read(b"10.0.0.1, sw1.example; 2001:db8::1", None, None);
    assert_eq!(inventory.problems, []);
    assert_eq!(inventory.warnings, []);
    assert_eq!(
        inventory.devices,
        ["10.0.0.1", "sw1.example", "2001:db8::1"].map(|address| InventoryDevice::new(address, address))
    );
}

#[test]
fn ports_stand_behind_the_host_and_are_part_of_the_name() {
    let inventory = read_pasted_list(b"127.0.0.1:2201\n127.0.0.1:2202\n[2001:db8::1]:2222\nsw1:22\n");
    assert_eq!(inventory.problems, []);
    assert_eq!(
        names(&inventory),
        ["127.0.0.1:2201", "127.0.0.1:2202", "[2001:db8::1]:2222", "sw1"]
    );
    let ports: Vec<u16> = inventory.devices.iter().map(|device| device.port).collect();
    assert_eq!(ports, [2201, 2202, 2222, 22]);
}

#[test]
fn comments_and_empty_entries_are_passed_over() {
    let inventory = read_pasted_list(b"# all of Ams\r\n\r\nsw1 # the old one, 10.0.0.9\r\n;,sw2,\r\n   \r\n");
    assert_eq!(inventory.problems, []);
    assert_eq!(names(&inventory), ["sw1", "sw2"]);
}

#[test]
fn a_bad_entry_costs_only_itself_and_names_its_line() {
    let inventory = read_pasted_list(b"sw1\n10.0.0.300\n10.0.0.0/24, sw2\nssh://sw3\nSW1 10.0.0.1\nsw4\n");
    assert_eq!(names(&inventory), ["sw1", "sw2", "sw4"]);
    assert_eq!(
        places(&inventory.problems),
        ["2: address", "3: address", "4: address", "5: address"]
    );
}

#[test]
fn a_user_is_not_used_and_a_password_is_not_repeated() {
    let inventory =
        read_pasted_list(b"admin@sw1\nadmin:hunter2@sw2\nadmin:hunter2@not/a/host\nssh://admin:hunter2@sw3\n");
    assert_eq!(names(&inventory), ["sw1", "sw2"]);
    assert_eq!(places(&inventory.warnings), ["1: address", "2: address"]);
    assert!(inventory.warnings[0].problem.contains("credentials"));
    assert!(!format!("{inventory:?}").contains("hunter2"));
}

#[test]
fn the_same_device_twice_is_a_problem_that_names_both_lines() {
    let inventory = read_pasted_list(b"sw1\nsw2\nSW1\nsw4,sw4\n");
    assert_eq!(names(&inventory), ["sw1", "sw2", "sw4"]);
    assert_eq!(places(&inventory.problems), ["3: name", "4: name"]);
    assert!(
        inventory.problems[0]
            .problem
            .contains("'SW1' of line 3 is that of line 1")
    );
    assert!(inventory.problems[1].problem.contains("twice in line 4"));
}

#[test]
fn a_written_list_holds_addresses_and_ports_and_no_device_that_is_off() {
    let mut devices = ["10.0.0.1", "2001:db8::1", "2001:db8::2", "sw1", "10.0.0.5", "evil\nsw9"]
        .map(|address| InventoryDevice::new(format!("name of {address}"), address));
    devices[1].port = 2222;
    devices[3].port = 830;
    devices[4].enabled = false;
    let text = write_pasted_list(&devices);
    assert_eq!(
        text,
        "10.0.0.1\n[2001:db8::1]:2222\n2001:db8::2\nsw1:830\n# not enabled: 10.0.0.5\n"
    );
    assert_eq!(read_pasted_list(text.as_bytes()).devices.len(), 4);
}
