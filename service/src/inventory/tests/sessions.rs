//! `sessions.yaml` as its writers write it and as people edit it.

use super::super::{InventoryDevice, read, read_sessions_yaml};
use super::{names, only, places, some};

const EXAMPLE: &str = "- folder_name: US Site
  sessions:
  - display_name: usa-spine-2
    host: 172.16.1.1
    port: '22'
    credsid: '2'
    DeviceType: Network
    Vendor: Arista Networks
    Model: vEOS-lab
    SerialNumber: ''
    SoftwareVersion: 4.33.1F
";

#[test]
fn the_example_of_the_format_is_read_whole() {
    let inventory = read(EXAMPLE.as_bytes(), None, None);
    assert_eq!(places(&inventory.warnings), ["0: platform"]);
    assert!(inventory.warnings[0].problem.contains("of 1 devices was guessed"));
    let expected = InventoryDevice {
        platform: some("arista_eos"),
        platform_guessed: true,
        vendor: some("Arista Networks"),
        site: some("US Site"),
        model: some("vEOS-lab"),
        os_version: some("4.33.1F"),
        credential: some("slot-2"),
        ..InventoryDevice::new("usa-spine-2", "172.16.1.1")
    };
    assert_eq!(only(inventory), expected);
}

#[test]
fn only_the_host_is_needed_and_entries_without_one_are_passed_over() {
    let inventory = read_sessions_yaml(b"- folder_name: a\n  sessions:\n  - host: sw1\n  - display_name: x\n    host: ''\n  - {display_name: y}\n  -\n- folder_name: empty\n- folder_name: none\n  sessions:\n-\n");
    assert_eq!(inventory.problems, []);
    assert_eq!(names(&inventory), ["sw1"]);
    assert_eq!(
        (inventory.devices[0].port, inventory.devices[0].site.as_deref()),
        (22, Some("a"))
    );
    assert_eq!(places(&inventory.warnings), ["4: address", "6: address", "8: -"]);
}

#[test]
fn a_single_folder_a_single_session_and_a_session_without_folder_are_tolerated() {
    for yaml in [
        "folder_name: a\nsessions:\n- host: sw1\n",
        "- folder_name: a\n  sessions:\n    host: sw1\n",
        "- host: sw1\n",
        "%YAML 1.1\n---\n- sessions:\n  - host: sw1\n...\n---\n",
        "[{folder_name: a, sessions: [{host: sw1}]}]",
    ] {
        assert_eq!(only(read_sessions_yaml(yaml.as_bytes())).name, "sw1", "{yaml}");
    }
}

#[test]
fn keys_go_by_any_case() {
    let device = only(read_sessions_yaml(
        b"- Folder_Name: a\n  SESSIONS:\n  - HOST: sw1\n    device_type: cisco_ios_xe\n    vendor: Cisco\n    serial_number: F1\n    software_version: x\n    DISPLAY_NAME: one\n",
    ));
    assert_eq!((device.name.as_str(), device.platform), ("one", some("cisco_ios_xe")));
    assert_eq!(
        (device.serial, device.os_version, device.site),
        (some("F1"), some("x"), some("a"))
    );
}

#[test]
fn values_that_look_like_other_types_are_kept_as_they_are_written() {
    let device = only(read_sessions_yaml(
        b"- folder_name: 0123\n  sessions:\n  - display_name: on\n    host: sw1\n    port: 2222\n    credsid: 1\n    Vendor: ~\n    Model: 0x10\n    SerialNumber: 9E999\n    SoftwareVersion: 4.10 # not 4.1\n    DeviceType: .inf\n",
    ));
    assert_eq!(
        (device.name.as_str(), device.port, device.credential),
        ("on", 2222, some("slot-1"))
    );
    assert_eq!(
        (device.vendor, device.model, device.serial),
        (None, some("0x10"), some("9E999"))
    );
    assert_eq!(
        (device.os_version, device.site, device.role),
        (some("4.10"), some("0123"), some(".inf"))
    );
}

#[test]
fn values_of_other_types_are_taken_from_the_right_place_behind_multibyte_text_and_aliases() {
    let inventory = read_sessions_yaml(
        "- folder_name: Zürich ☎\n  sessions:\n  - {host: sw1, SoftwareVersion: &v 17.10, Model: 'é'}\n  - {host: sw2, SoftwareVersion: *v}\n  - {host: sw3, SoftwareVersion: 017}\n".as_bytes(),
    );
    let versions: Vec<_> = inventory
        .devices
        .iter()
        .map(|device| device.os_version.as_deref().unwrap())
        .collect();
    assert_eq!(versions, ["17.10", "17.10", "017"]);
    assert_eq!(inventory.devices[0].site, some("Zürich ☎"));
}

#[test]
fn the_device_type_is_a_platform_or_a_role_or_nothing() {
    for (written, platform, role) in [
        ("Network", None, None),
        ("Access Switch", None, Some("Access Switch")),
        ("core_switch", None, Some("core_switch")),
        ("Cisco_IOS_XE", Some("cisco_ios_xe"), None),
        ("cisco.ios.ios", Some("cisco.ios.ios"), None),
        ("junos", Some("junos"), None),
        ("cisco-nx", Some("cisco-nx"), None),
        ("Cisco router", None, Some("Cisco router")),
        ("auto", None, None),
    ] {
        let yaml = format!("- host: sw1\n  DeviceType: {written}\n");
        let device = only(read_sessions_yaml(yaml.as_bytes()));
        assert_eq!(
            (device.platform.as_deref(), device.role.as_deref()),
            (platform, role),
            "{written}"
        );
        assert!(!device.platform_guessed);
    }
}

#[test]
fn platforms_are_guessed_from_vendor_model_and_version() {
    for (vendor, model, version, platform) in [
        ("Cisco", "C9300-24T", "17.9.4", Some("cisco_ios")),
        ("cisco systems", "N9K-C93180YC", "9.3(8)", Some("cisco_nxos")),
        ("Cisco", "Nexus 3172", "", Some("cisco_nxos")),
        ("Cisco", "x", "NX-OS 10.2", Some("cisco_nxos")),
        ("Cisco", "ASR9006", "", Some("cisco_xr")),
        ("Cisco", "ASR1001-X", "16.9", Some("cisco_ios")),
        ("Cisco", "NCS-5501", "", Some("cisco_xr")),
        ("Cisco", "x", "IOS XR 7.3", Some("cisco_xr")),
        ("Cisco", "ASA5516", "9.12", Some("cisco_asa")),
        ("Juniper Networks", "MX204", "", Some("juniper_junos")),
        ("Palo Alto Networks", "PA-220", "", Some("paloalto_panos")),
        ("Aruba", "2930F", "", None),
        ("HPE", "5130", "Comware 7.1", Some("hp_comware")),
        ("ACME", "C9300", "NX-OS", None),
        ("", "C9300", "", None),
    ] {
        let yaml = format!("- host: sw1\n  Vendor: '{vendor}'\n  Model: '{model}'\n  SoftwareVersion: '{version}'\n");
        let device = only(read_sessions_yaml(yaml.as_bytes()));
        assert_eq!(device.platform.as_deref(), platform, "{vendor} {model} {version}");
        assert_eq!(device.platform_guessed, platform.is_some());
    }
}

#[test]
fn a_bad_session_costs_only_itself_and_names_its_line() {
    let inventory = read_sessions_yaml(
        b"- folder_name: a\n  sessions:\n  - host: sw1\n    port: many\n  - host: [10.0.0.1]\n  - just text\n  - host: sw4\n    host: sw5\n  - host: sw6\n    port: {a: 1}\n    Vendor: [x]\n  - host: sw7\n- folder_name: b\n  sessions: text\n- text\n- folder_name: c\n  sessions:\n  - host: sw8\n",
    );
    assert_eq!(names(&inventory), ["sw7", "sw8"]);
    assert_eq!(
        places(&inventory.problems),
        [
            "3: port",
            "5: address",
            "6: -",
            "7: address",
            "9: port",
            "9: vendor",
            "14: -",
            "15: -"
        ]
    );
    assert!(inventory.problems[3].problem.contains("'host' stands twice"));
}

#[test]
fn names_that_two_sites_share_are_a_problem_that_names_both_lines() {
    let inventory = read_sessions_yaml(
        b"- folder_name: a\n  sessions:\n  - {display_name: sw, host: 10.0.0.1}\n- folder_name: b\n  sessions:\n  - {display_name: SW, host: 10.0.0.2}\n",
    );
    assert_eq!(names(&inventory), ["sw"]);
    assert_eq!(places(&inventory.problems), ["6: name"]);
    assert!(inventory.problems[0].problem.contains("of line 6 is that of line 3"));
}

#[test]
fn a_folder_whose_name_cannot_be_a_site_keeps_its_devices() {
    let inventory = read_sessions_yaml(
        b"- folder_name: \"a\\u202eb\"\n  sessions:\n  - host: sw1\n- folder_name: [x]\n  sessions:\n  - host: sw2\n",
    );
    assert_eq!(names(&inventory), ["sw1", "sw2"]);
    assert!(inventory.devices.iter().all(|device| device.site.is_none()));
    assert_eq!(places(&inventory.warnings), ["1: site", "4: site"]);
}

#[test]
fn unknown_keys_are_said_once_and_secrets_are_not_repeated() {
    let inventory = read_sessions_yaml(
        b"- sessions:\n  - {host: sw1, password: hunter2, json_file: x}\n  - {host: sw2, password: hunter2, json_file: x}\n",
    );
    assert_eq!(names(&inventory), ["sw1", "sw2"]);
    assert_eq!(places(&inventory.warnings), ["2: -", "2: -"]);
    assert!(inventory.warnings[0].problem.contains("'password' is not read"));
    assert!(!format!("{inventory:?}").contains("hunter2"));
}

#[test]
fn broken_yaml_is_one_problem_with_its_line_and_without_the_text_around_it() {
    let inventory = read_sessions_yaml(b"- sessions:\n  - host: sw1\n    password: hunter2\n   port: 22\n");
    assert_eq!(inventory.devices, []);
    assert_eq!(inventory.problems.len(), 1);
    assert!(inventory.problems[0].row >= 3, "{}", inventory.problems[0]);
    assert!(
        inventory.problems[0].problem.contains("not valid YAML"),
        "{}",
        inventory.problems[0]
    );
    assert!(!format!("{inventory:?}").contains("hunter2"));
    assert!(
        read_sessions_yaml(b"just text").problems[0]
            .problem
            .contains("no sessions.yaml")
    );
}
