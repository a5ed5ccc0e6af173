//! What is written is read back as it was, and harms nobody on the way.

use proptest::prelude::*;

use super::super::{
    Format, InventoryDevice, read, read_csv, read_sessions_yaml, write_csv, write_pasted_list, write_sessions_yaml,
};
use super::{only, some};

#[test]
fn cells_that_a_spreadsheet_would_calculate_are_guarded_and_read_back() {
    for name in [
        "=HYPERLINK(\"http://x\")",
        "' =1",
        "+1",
        "-1",
        "@SUM(A1)",
        "'=1",
        "''+1",
        "＝1",
        "#core",
        "a\"b",
        "'quoted'",
    ] {
        let device = InventoryDevice {
            tags: vec![name.to_owned()],
            ..InventoryDevice::new(name, "10.0.0.1")
        };
        let csv = write_csv(std::slice::from_ref(&device));
        let row = csv.lines().nth(1).unwrap();
        assert!(
            !row.trim_start_matches('"')
                .starts_with(['=', '+', '-', '@', '＝', '\t']),
            "{csv}"
        );
        assert!(!row.starts_with('#'), "{csv}");
        assert_eq!(only(read_csv(csv.as_bytes())), device, "{csv}");
    }
    let device = InventoryDevice {
        site: some("\t=1"),
        ..InventoryDevice::new("a", "b")
    };
    assert!(write_csv(&[device]).contains(",'\t=1,"));
}

#[test]
fn a_written_csv_has_our_columns() {
    let csv = write_csv(&[InventoryDevice {
        tags: vec!["a".into(), "b".into()],
        ..InventoryDevice::new("x", "y")
    }]);
    assert_eq!(
        csv,
        "name,host,port,platform,site,role,vendor,model,credential,tags,enabled,os_version,serial,legacy_algorithms\nx,y,22,,,,,,,a;b,true,,,false\n"
    );
}

#[test]
fn a_written_sessions_file_is_what_its_other_readers_expect() {
    let device = InventoryDevice {
        site: some("US Site"),
        vendor: some("Arista Networks"),
        platform: some("arista_eos"),
        os_version: some("4.10"),
        credential: some("slot-7"),
        ..InventoryDevice::new("usa-spine-2", "172.16.1.1")
    };
    let yaml = write_sessions_yaml(std::slice::from_ref(&device));
    for line in [
        "- folder_name: US Site",
        "display_name: usa-spine-2",
        "host: \"172.16.1.1\"",
        "DeviceType: arista_eos",
    ] {
        assert!(yaml.contains(line), "{line}: {yaml}");
    }
    // Strings, all of them: its readers do arithmetic on none.
    for key in ["port", "credsid", "SoftwareVersion", "SerialNumber"] {
        let value = yaml
            .lines()
            .find_map(|line| line.trim_start_matches([' ', '-']).strip_prefix(&format!("{key}: ")))
            .unwrap();
        assert!(value.starts_with(['\'', '"']), "{key}: {value}");
    }
    assert!(yaml.contains("'7'") || yaml.contains("\"7\""));
    assert_eq!(only(read_sessions_yaml(yaml.as_bytes())), device);
}

#[test]
fn nothing_to_write_is_no_error() {
    assert_eq!(write_csv(&[]).lines().count(), 1);
    assert_eq!(write_pasted_list(&[]), "");
    assert_eq!(write_sessions_yaml(&[]).trim(), "[]");
}

/// A text that the checks accept: visible, trimmed, with what CSV and YAML find special.
fn field() -> impl Strategy<Value = Option<String>> {
    let special = "[-=+@'\"#:;,|{}\\[\\]&*!%~<>?`$\\\\ a-zA-Z0-9äß☎]{0,40}";
    let plain = prop_oneof![
        special,
        Just("null".to_owned()),
        Just("0777".to_owned()),
        Just("1.10".to_owned()),
        Just("no".to_owned()),
        Just("Network".to_owned()),
        Just("Cisco".to_owned()),
        Just("cisco_ios".to_owned()),
    ];
    plain.prop_map(|text| Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

fn device() -> impl Strategy<Value = InventoryDevice> {
    let texts = (field(), field(), field(), field(), field(), field());
    let address = prop_oneof![
        "[a-z][a-z0-9]{0,20}(\\.[a-z]{1,9})?",
        "10\\.0\\.[1-9]\\.[1-9]",
        Just("2001:db8::1".to_owned())
    ];
    let tags = proptest::collection::btree_set("[-=+@'\"a-z0-9#&*]{1,9}", 0..4);
    let credential = prop_oneof![field(), Just(Some("slot-3".to_owned()))];
    (
        texts,
        field(),
        address,
        1..=u16::MAX,
        tags,
        any::<bool>(),
        any::<bool>(),
        credential,
    )
        .prop_map(
            |(
                (platform, vendor, site, role, model, os_version),
                name,
                address,
                port,
                tags,
                enabled,
                legacy,
                credential,
            )| {
                InventoryDevice {
                    name: name.unwrap_or_else(|| address.clone()),
                    port,
                    platform: platform
                        .map(|name| name.to_lowercase())
                        .filter(|name| !name.starts_with("auto")),
                    vendor,
                    site,
                    role,
                    model,
                    os_version,
                    tags: tags.into_iter().collect(),
                    enabled,
                    credential,
                    legacy_algorithms: legacy,
                    ..InventoryDevice::new("", address)
                }
            },
        )
}

proptest! {
    #[test]
    fn every_device_survives_a_csv(device in device()) {
        let csv = write_csv(std::slice::from_ref(&device));
        prop_assert_eq!(only(read_csv(csv.as_bytes())), device, "{}", csv);
    }

    #[test]
    fn every_device_survives_a_sessions_file(device in device()) {
        let yaml = write_sessions_yaml(std::slice::from_ref(&device));
        prop_assert_eq!(only(read_sessions_yaml(yaml.as_bytes())), device, "{}", yaml);
    }

    #[test]
    fn every_place_survives_a_list(mut device in device()) {
        device.enabled = true;
        let list = write_pasted_list(std::slice::from_ref(&device));
        let read = only(read(list.as_bytes(), Some(Format::PastedList), None));
        prop_assert_eq!((read.address, read.port), (device.address, device.port));
    }

    #[test]
    fn no_bytes_bring_a_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in "\\PC{0,200}") {
        for format in Format::ALL {
            let _ = read(&bytes, Some(format), None);
            let _ = read(text.as_bytes(), Some(format), None);
            let _ = read(format!("name,host\n{text}").as_bytes(), Some(format), None);
            let _ = read(format!("- folder_name: a\n  sessions:\n  - host: {text}\n").as_bytes(), Some(format), None);
        }
        let _ = Format::detect(&bytes, None);
    }
}
