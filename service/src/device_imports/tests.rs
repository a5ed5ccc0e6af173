use super::*;
use crate::{
    credentials::CredentialFields,
    devices::{
        DeviceFilter, device_tags,
        tests::{person, server},
    },
    page::PageRequest,
};

async fn import(service: &Service, file: &str, options: ImportOptions) -> ImportReport {
    let operator = person(Role::Operator);
    service
        .device_import(&operator, file.as_bytes().to_vec(), options)
        .await
        .unwrap()
}

fn actions(report: &ImportReport) -> Vec<(usize, &str, &'static str)> {
    let row = |row: &'_ ImportRow| (row.row, row.action.as_str());
    report
        .rows
        .iter()
        .map(|each| (row(each).0, each.name.as_str(), row(each).1))
        .collect()
}

async fn all(service: &Service) -> Vec<device::Model> {
    let page = PageRequest {
        limit: Some(500),
        ..PageRequest::default()
    };
    let (viewer, filter) = (person(Role::Viewer), DeviceFilter::default());
    let page = service.device_list(&viewer, &filter, None, &page);
    page.await.unwrap().items
}

async fn exported(service: &Service, format: Format) -> String {
    let mut parts = service
        .device_export(&person(Role::Viewer), format, &DeviceFilter::default())
        .await
        .unwrap();
    let mut text = String::new();
    while let Some(part) = parts.recv().await {
        text.push_str(&part.unwrap());
    }
    text
}

const CSV: &str = "\
name,host,port,platform,site,role,vendor,model,credential,tags,enabled
core1,10.0.0.1,22,ios,ams,core,Cisco,C9300,lab,prod;l3,true
=cmd|' /C calc'!A0,10.0.0.2,,windows,fra,,,,none,,
core2,10.0.0.1,2222,eos,ams,,,,,,no
bad,10.0.0.300,99999,,,,,,,,maybe
CORE1,10.0.0.9,,,,,,,,,
'; drop table device;--,10.0.0.3,,,,,,,,,
";

#[tokio::test]
async fn every_row_is_answered_and_a_trial_stores_nothing() {
    let (_folder, service) = server().await;
    let admin = person(Role::Admin);
    let credential = CredentialFields {
        name: Some("Lab".to_owned()),
        username: Some("ops".to_owned()),
        password: Some(Some("x".to_owned().into())),
        ..CredentialFields::default()
    };
    let credential = service.credential_create(&admin, credential).await.unwrap();
    let trial = ImportOptions {
        dry_run: true,
        ..ImportOptions::default()
    };
    let viewer = person(Role::Viewer);
    let tried = service.device_import(&viewer, CSV.into(), trial).await.unwrap();
    assert!(all(&service).await.is_empty());
    let refused = service
        .device_import(&viewer, CSV.into(), ImportOptions::default())
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Forbidden);
    let done = import(&service, CSV, ImportOptions::default()).await;
    assert_eq!(tried.rows, done.rows);
    assert_eq!(
        actions(&done),
        [
            (2, "core1", "created"),
            (3, "=cmd|' /C calc'!A0", "created"),
            (4, "core2", "created"),
            (5, "", "failed"),
            (6, "", "failed"),
            (7, "'; drop table device;--", "created"),
        ]
    );
    assert_eq!(done.count(ImportAction::Failed), 2);
    let message = done.rows[3].message.as_deref().unwrap();
    for part in ["address: ", "port: ", "enabled: "] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(
        done.rows[1].warnings,
        [
            "There is no platform 'windows': it is found out at the first connection",
            "There is no credential 'none': the device is bound to none"
        ]
    );
    let devices = all(&service).await;
    let core1 = devices.iter().find(|device| device.name == "core1").unwrap();
    assert_eq!(
        (core1.platform.as_str(), core1.credential_id),
        ("cisco_ios", Some(credential.id))
    );
    assert_eq!(device_tags(core1), ["prod", "l3"]);
    let core2 = devices.iter().find(|device| device.name == "core2").unwrap();
    assert_eq!((core2.port, core2.enabled), (2222, false));
}

#[tokio::test]
async fn what_is_there_changes_only_when_asked_and_only_where_the_file_speaks() {
    let (_folder, service) = server().await;
    import(&service, CSV, ImportOptions::default()).await;
    let again = import(&service, CSV, ImportOptions::default()).await;
    assert_eq!(again.count(ImportAction::Unchanged), 4);
    let other = "name,ip,site\nCore1,10.0.0.1,lon\ncore2,10.0.0.1,ams\nnew,10.0.0.7,lon\n";
    let careful = import(&service, other, ImportOptions::default()).await;
    assert_eq!(
        actions(&careful),
        [(2, "Core1", "failed"), (3, "core2", "unchanged"), (4, "new", "created")]
    );
    assert!(
        careful.rows[0]
            .message
            .as_deref()
            .unwrap()
            .contains("site from 'ams' to 'lon'")
    );
    let update = ImportOptions {
        update: true,
        ..ImportOptions::default()
    };
    let changed = import(&service, other, update).await;
    assert_eq!(
        actions(&changed),
        [
            (2, "Core1", "updated"),
            (3, "core2", "unchanged"),
            (4, "new", "unchanged")
        ]
    );
    let devices = all(&service).await;
    let core1 = devices.iter().find(|device| device.name == "Core1").unwrap();
    assert_eq!(
        (core1.site.as_str(), core1.role.as_str(), core1.vendor.as_str()),
        ("lon", "core", "Cisco")
    );
    // A column that is not there says nothing: the device stays disabled, on its port.
    let core2 = devices.iter().find(|device| device.name == "core2").unwrap();
    assert_eq!((core2.port, core2.enabled), (2222, false));
}

#[tokio::test]
async fn every_format_is_read_and_written_and_means_the_same() {
    let (_folder, service) = server().await;
    let yaml = "- folder_name: ams\n  sessions:\n  - {display_name: r1, host: 10.0.0.1, port: '22', credsid: '1', DeviceType: cisco_ios, Vendor: Cisco}\n  - {display_name: r2, host: 10.0.0.2}\n- folder_name: ''\n  sessions:\n  - {display_name: r3, host: 10.0.0.3}\n";
    let yaml = import(&service, yaml, ImportOptions::default()).await;
    assert_eq!(yaml.count(ImportAction::Created), 3);
    let list = import(
        &service,
        "10.1.0.1, 10.1.0.2:2222; sw1.example\n10.1.0.0/24\n",
        ImportOptions::default(),
    )
    .await;
    assert_eq!(
        (list.count(ImportAction::Created), list.count(ImportAction::Failed)),
        (3, 1)
    );
    for format in [Format::Csv, Format::SessionsYaml] {
        let text = exported(&service, format).await;
        let (_folder, other) = server().await;
        let report = import(
            &other,
            &text,
            ImportOptions {
                format: Some(format),
                ..ImportOptions::default()
            },
        )
        .await;
        assert_eq!(report.count(ImportAction::Created), 6, "{text}");
        let shown = |devices: Vec<device::Model>| -> Vec<_> {
            devices
                .into_iter()
                .map(|device| {
                    (
                        device.name,
                        device.address,
                        device.port,
                        device.platform,
                        device.site,
                        device.vendor,
                    )
                })
                .collect()
        };
        assert_eq!(shown(all(&service).await), shown(all(&other).await), "{text}");
    }
    let list = exported(&service, Format::PastedList).await;
    assert!(list.contains("10.1.0.2:2222\n") && list.lines().count() == 6, "{list}");
}

#[tokio::test]
async fn files_that_cannot_be_read_say_why() {
    let (_folder, service) = server().await;
    let operator = person(Role::Operator);
    for file in [&b"PK\x03\x04rubbish"[..], b"", &[b'a'; 17 * 1024 * 1024]] {
        let error = service
            .device_import(&operator, file.to_vec(), ImportOptions::default())
            .await
            .unwrap_err();
        assert_eq!(error.code, "import_unreadable");
    }
    for format in [Format::Csv, Format::PastedList, Format::SessionsYaml] {
        let text = exported(&service, format).await;
        assert!(text.lines().count() <= 1, "{text}");
    }
}

#[tokio::test]
async fn many_rows_go_in_and_out() {
    let count = 2_500;
    let (_folder, service) = server().await;
    let mut file = String::from("name,ip,site,tags\n");
    for number in 0..count {
        file.push_str(&format!(
            "sw-{number},10.{}.{}.{},site-{},t\n",
            number / 65536,
            number / 256 % 256,
            number % 256,
            number % 70
        ));
    }
    let began = std::time::Instant::now();
    let report = import(&service, &file, ImportOptions::default()).await;
    eprintln!("import: {:?}", began.elapsed());
    assert_eq!(report.count(ImportAction::Created), u64::try_from(count).unwrap());
    let began = std::time::Instant::now();
    let yaml = exported(&service, Format::SessionsYaml).await;
    eprintln!("export: {:?}", began.elapsed());
    assert_eq!(yaml.matches("folder_name").count(), 70);
    assert_eq!(exported(&service, Format::Csv).await.lines().count(), count + 1);
}
