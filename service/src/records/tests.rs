//! Loading on a real database: what a second text changes, what stays, and what never does harm.

use entity::{capture::Verdict, current_capture};

use super::*;
use crate::{ServerConfig, captures::codec, devices::DeviceFields};

/// A Linux router with its captures; our own templates read them, whatever else is built in.
struct Place {
    service: Service,
    device: Uuid,
    at: i64,
}

const ARP: &str = "10.0.0.1 dev eth0 lladdr 00:11:22:33:44:01 REACHABLE\n\
                   10.0.0.2 dev eth0 lladdr 00:11:22:33:44:02 STALE\n\
                   10.0.1.9 dev eth1 lladdr 00:11:22:33:44:09 STALE\n\
                   10.0.0.3 dev eth0 FAILED\n";

impl Place {
    async fn new(folder: &std::path::Path) -> Self {
        let service = Service::open(ServerConfig::new(folder)).await.unwrap();
        let fields = DeviceFields {
            name: Some("r1".to_owned()),
            address: Some("127.0.0.1".to_owned()),
            platform: Some("linux".to_owned()),
            ..DeviceFields::default()
        };
        let device = service.device_create(&Actor::server(), fields).await.unwrap().id;
        Self {
            service,
            device,
            at: 1_000_000,
        }
    }

    /// Stores a text as the recorder does; each is a minute after the one before.
    async fn capture(&mut self, capture_type: &str, command: &str, text: &str, verdict: Verdict) -> Uuid {
        let (db, shelf) = (self.service.db(), self.service.shelf());
        self.at += 60_000;
        let sha = codec::sha(text.as_bytes());
        let known = texts::known_texts(db.reader(), &[sha]).await.unwrap();
        let txn = db.begin().await.unwrap();
        let text_id = match known.get(sha.as_slice()) {
            Some(id) => *id,
            None => {
                let id = shelf.next_text();
                let packed = codec::pack(text.as_bytes()).unwrap();
                let row = texts::text_row(id, &sha, None, text.len() as i64, Some(packed));
                texts::insert_texts(&txn, vec![row]).await.unwrap();
                id
            }
        };
        let row = capture::Model {
            id: Uuid::now_v7(),
            device_id: self.device,
            device_name: "r1".to_owned(),
            collection_id: Uuid::nil(),
            capture_type: capture_type.to_owned(),
            commands: command.to_owned(),
            verdict,
            bytes: text.len() as i64,
            lines: text.lines().count() as i64,
            text_id: Some(text_id),
            captured_at: self.at,
            message: None,
            accepted_by: None,
        };
        let id = row.id;
        texts::insert_captures(&txn, vec![row.into()]).await.unwrap();
        if verdict == Verdict::Complete {
            let current = current_capture::Model {
                device_id: self.device,
                capture_type: capture_type.to_owned(),
                capture_id: id,
                text_id,
            };
            texts::set_current(&txn, vec![current]).await.unwrap();
        }
        txn.commit().await.unwrap();
        id
    }

    async fn load(&self, capture_id: Uuid) -> Loaded {
        let platform = "linux".to_owned();
        let wish = Wish { capture_id, platform };
        self.service
            .records_load(Uuid::now_v7(), vec![wish], |_, _| true)
            .await
            .unwrap()
    }

    async fn arp(&mut self, text: &str) -> Loaded {
        let id = self.capture("arp", "ip neigh show", text, Verdict::Complete).await;
        self.load(id).await
    }

    async fn rows<T: Table>(&self, filter: RecordFilter) -> Vec<Row<T>> {
        let page = PageRequest {
            limit: Some(500),
            ..PageRequest::default()
        };
        let page = self.service.record_list::<T>(&Actor::server(), &filter, &page).await;
        page.unwrap().items
    }

    async fn addresses(&self, filter: RecordFilter) -> Vec<String> {
        let rows = self.rows::<ArpEntry>(filter).await;
        let mut addresses: Vec<String> = rows.into_iter().map(|row| row.record.address).collect();
        addresses.sort();
        addresses
    }
}

fn all_loaded() -> Loaded {
    Loaded {
        complete: Some(true),
        message: None,
    }
}

#[tokio::test]
async fn rows_open_stay_and_close_and_the_past_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    assert_eq!(place.arp(ARP).await, all_loaded());
    let first = place.at;
    let rows = place.rows::<ArpEntry>(RecordFilter::default()).await;
    // The one without a MAC address is still being asked for.
    assert_eq!(rows.len(), 3);
    assert!(
        rows.iter()
            .all(|row| row.device_name == "r1" && row.closed_at.is_none())
    );
    assert!(
        rows.iter()
            .all(|row| (row.first_seen_at, row.last_seen_at) == (first, first))
    );

    // The state of an entry is no change: the rows stay, and were seen again.
    let ids = |rows: &[Row<ArpEntry>]| rows.iter().map(|row| row.capture_id).collect::<Vec<_>>();
    let before = ids(&rows);
    assert_eq!(place.arp(&ARP.replace("STALE", "REACHABLE")).await, all_loaded());
    let rows = place.rows::<ArpEntry>(RecordFilter::default()).await;
    assert_eq!(ids(&rows), before);
    assert!(
        rows.iter()
            .all(|row| (row.first_seen_at, row.last_seen_at) == (first, place.at))
    );

    // One goes, one has another MAC address.
    let seen = place.at;
    let text =
        "10.0.0.1 dev eth0 lladdr 00:11:22:33:44:77 REACHABLE\n10.0.1.9 dev eth1 lladdr 00:11:22:33:44:09 STALE\n";
    assert_eq!(place.arp(text).await, all_loaded());
    assert_eq!(place.addresses(RecordFilter::default()).await, ["10.0.0.1", "10.0.1.9"]);
    let then = RecordFilter {
        as_of: Some(seen),
        ..RecordFilter::default()
    };
    let rows = place.rows::<ArpEntry>(then.clone()).await;
    assert_eq!(rows.len(), 3);
    let gone = rows.iter().find(|row| row.record.address == "10.0.0.2").unwrap();
    assert_eq!((gone.last_seen_at, gone.closed_at), (seen, Some(place.at)));
    let by_mac = RecordFilter {
        mac: vec!["0011.2233.4401".to_owned()],
        ..then
    };
    assert_eq!(place.addresses(by_mac).await, ["10.0.0.1"]);
    let before_all = RecordFilter {
        as_of: Some(first - 1),
        ..RecordFilter::default()
    };
    assert!(place.addresses(before_all).await.is_empty());
    place.service.close().await;
}

#[tokio::test]
async fn the_same_text_is_not_read_again_and_the_same_capture_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    let id = place.capture("arp", "ip neigh show", ARP, Verdict::Complete).await;
    place.load(id).await;
    let rows = |place: &Place| {
        let (db, device) = (place.service.db().clone(), place.device);
        async move {
            let rows = store::open_rows(db.reader(), Kind::ArpEntry, device).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        }
    };
    let before = rows(&place).await;
    assert_eq!(place.load(id).await, all_loaded());
    assert_eq!(rows(&place).await, before);
    // The text need not even be there to know that nothing changed.
    let again = place.capture("arp", "ip neigh show", ARP, Verdict::Complete).await;
    let at = place.at;
    assert_eq!(place.load(again).await, all_loaded());
    assert_eq!(rows(&place).await, before);
    let load = store::load(place.service.db().reader(), place.device, "arp")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((load.capture_id, load.at, load.records), (Some(again), Some(at), 3));
    // An older capture that comes late does not bring back what was.
    assert_eq!(place.load(id).await, all_loaded());
    let load = store::load(place.service.db().reader(), place.device, "arp")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(load.capture_id, Some(again));
    // By hand it is read whatever is known of it.
    let read = place.service.capture_reparse(&Actor::server(), again).await.unwrap();
    assert!(read.loaded, "{read:?}");
    assert_eq!(read.parsed.unwrap().records.len(), 4);
    assert_eq!(rows(&place).await, before);
    place.service.close().await;
}

#[tokio::test]
async fn what_cannot_be_read_closes_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.arp(ARP).await;
    let rubbish = place.arp("Segmentation fault (core dumped)\n").await;
    assert_eq!(rubbish.complete, Some(false));
    let message = rubbish.message.unwrap();
    assert!(
        message.starts_with("Captures saved but not loaded to DB: 1 of 1. "),
        "{message}"
    );
    assert_eq!(place.addresses(RecordFilter::default()).await.len(), 3);
    let load = store::load(place.service.db().reader(), place.device, "arp")
        .await
        .unwrap()
        .unwrap();
    assert!(load.message.unwrap().contains("was understood"));
    assert_eq!(load.records, 3);
    // A text that is cut off is none to load at all.
    let cut = place
        .capture(
            "arp",
            "ip neigh show",
            "10.0.0.1 dev eth0 lladdr 00:11:22:33:44:01 STALE\n",
            Verdict::Truncated,
        )
        .await;
    assert_eq!(place.load(cut).await, Loaded::default());
    assert_eq!(place.addresses(RecordFilter::default()).await.len(), 3);
    // What nothing reads is told, too.
    let unknown = place
        .capture("arp", "show the neighbours", "x\n", Verdict::Complete)
        .await;
    let unknown = place.load(unknown).await;
    assert_eq!(unknown.complete, Some(false));
    assert!(unknown.message.unwrap().contains("No template reads"));
    // The next good one takes the complaint away.
    assert_eq!(place.arp(ARP).await, all_loaded());
    let load = store::load(place.service.db().reader(), place.device, "arp")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((load.message, load.failed_capture_id), (None, None));
    place.service.close().await;
}

#[tokio::test]
async fn lists_are_filtered_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.arp(ARP).await;
    let asked = async |filter: RecordFilter| place.addresses(filter).await;
    let texts = |text: &str| vec![text.to_owned()];
    let filter = RecordFilter {
        prefix: texts("10.0.0.0/24"),
        ..RecordFilter::default()
    };
    assert_eq!(asked(filter).await, ["10.0.0.1", "10.0.0.2"]);
    let filter = RecordFilter {
        ip: texts("10.0.1.9"),
        ..RecordFilter::default()
    };
    assert_eq!(asked(filter).await, ["10.0.1.9"]);
    let filter = RecordFilter {
        mac: texts("00-11-22"),
        interface: texts("ETH1"),
        device: texts("R1"),
        ..RecordFilter::default()
    };
    assert_eq!(asked(filter).await, ["10.0.1.9"]);
    let filter = RecordFilter {
        device: texts("r2"),
        ..RecordFilter::default()
    };
    assert!(asked(filter).await.is_empty());
    let filter = RecordFilter {
        mac: texts("zz"),
        ..RecordFilter::default()
    };
    let error = place
        .service
        .record_list::<ArpEntry>(&Actor::server(), &filter, &PageRequest::default())
        .await
        .unwrap_err();
    assert_eq!(error.code, "parameter_invalid");
    let mut parts = place
        .service
        .record_export::<ArpEntry>(&Actor::server(), &RecordFilter::default())
        .await
        .unwrap();
    let mut csv = String::new();
    while let Some(part) = parts.recv().await {
        csv.push_str(&part.unwrap());
    }
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(csv.starts_with("device_name,vrf,address,mac,interface,"), "{csv}");
    assert!(csv.contains("r1,,10.0.0.1,00:11:22:33:44:01,eth0,"), "{csv}");

    let routes = "default via 10.0.0.254 dev eth0\n10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.5\n\
                  10.9.0.0/16 via 10.0.0.254 dev eth0 proto static\n";
    let id = place
        .capture("routes", "ip route show", routes, Verdict::Complete)
        .await;
    assert_eq!(place.load(id).await, all_loaded());
    let to = |filter: RecordFilter| {
        let place = &place;
        async move {
            let rows = place.rows::<Route>(filter).await;
            let mut prefixes: Vec<String> = rows.into_iter().map(|row| row.record.prefix).collect();
            prefixes.sort();
            prefixes
        }
    };
    let filter = RecordFilter {
        ip: texts("10.9.8.7"),
        ..RecordFilter::default()
    };
    assert_eq!(to(filter).await, ["0.0.0.0/0", "10.9.0.0/16"]);
    let filter = RecordFilter {
        prefix: texts("10.9.0.0/16"),
        ..RecordFilter::default()
    };
    assert_eq!(to(filter).await, ["10.9.0.0/16"]);
    place.service.close().await;
}

#[tokio::test]
async fn a_device_learns_what_it_is_and_one_that_is_taken_away_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.arp(ARP).await;
    let text = "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\n\
                VERSION=\"13 (trixie)\"\nID=debian\n";
    let id = place
        .capture("version", "cat /etc/os-release", text, Verdict::Complete)
        .await;
    assert_eq!(place.load(id).await, all_loaded());
    let actor = Actor::server();
    let device = place.service.device_view(&actor, place.device).await.unwrap();
    let version = place
        .rows::<DeviceVersion>(RecordFilter::default())
        .await
        .remove(0)
        .record;
    assert_eq!(Some(device.os_version), version.os_version);
    let viewer = Actor {
        role: Role::Viewer,
        ..actor.clone()
    };
    let read = place.service.capture_records(&viewer, id, 0, 10).await.unwrap();
    assert_eq!(read.records.len(), 1);

    place
        .service
        .device_delete(&actor, place.device, &crate::version::Expected::default())
        .await
        .unwrap();
    assert!(place.addresses(RecordFilter::default()).await.is_empty());
    let then = RecordFilter {
        as_of: Some(place.at),
        ..RecordFilter::default()
    };
    assert_eq!(place.addresses(then).await.len(), 3);
    // What is loaded late of a device that is gone stays away.
    assert_eq!(place.arp(ARP).await.complete, Some(false));
    assert!(place.addresses(RecordFilter::default()).await.is_empty());
    place.service.close().await;
}

#[tokio::test]
async fn what_people_wrote_into_descriptions_is_shown_to_viewers_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    let text = "-------------------------------------------------------------------------------\n\
                LLDP neighbors:\n\
                -------------------------------------------------------------------------------\n\
                Interface:    eth0, via: LLDP, RID: 1, Time: 0 day, 00:01:00\n  \
                Chassis:     \n    ChassisID:    mac 00:11:22:33:44:55\n    SysName:      sw1\n    \
                SysDescr:     lab switch, password hunter2\n  Port:        \n    PortID:       ifname swp1\n    \
                PortDescr:    to r1, secret hunter3\n";
    let id = place
        .capture("lldp", "lldpcli show neighbors details", text, Verdict::Complete)
        .await;
    assert_eq!(place.load(id).await, all_loaded());
    let admin = Actor::server();
    let viewer = Actor {
        role: Role::Viewer,
        ..admin.clone()
    };
    let filter = RecordFilter::default();
    for (actor, seen) in [(&admin, true), (&viewer, false)] {
        let page = PageRequest::default();
        let list = place
            .service
            .record_list::<Neighbor>(actor, &filter, &page)
            .await
            .unwrap();
        let mut csv = String::new();
        let mut parts = place.service.record_export::<Neighbor>(actor, &filter).await.unwrap();
        while let Some(part) = parts.recv().await {
            csv.push_str(&part.unwrap());
        }
        let graph = place
            .service
            .topology(actor, &crate::topology::TopologyFilter::default())
            .await
            .unwrap();
        for shown in [format!("{:?}", list.items), csv, format!("{:?}", graph.nodes)] {
            assert!(shown.contains("lab switch"), "{shown}");
            assert_eq!(shown.contains("hunter2"), seen, "{shown}");
        }
        let port = list.items.first().unwrap().record.neighbor_port_description.clone();
        assert_eq!(port.unwrap().contains("hunter3"), seen);
    }
    place.service.close().await;
}

#[tokio::test]
async fn several_values_make_one_list_with_each_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.arp(ARP).await;
    let filter = RecordFilter {
        interface: ["eth1", "eth0", "ETH0", "eth7"].map(str::to_owned).to_vec(),
        ..RecordFilter::default()
    };
    let all = place.rows::<ArpEntry>(filter.clone()).await;
    let all: Vec<String> = all.into_iter().map(|row| row.record.address).collect();
    assert_eq!(all, ["10.0.0.1", "10.0.0.2", "10.0.1.9"]);
    let (mut paged, mut token) = (Vec::new(), None);
    loop {
        let wanted = PageRequest {
            limit: Some(1),
            page_token: token,
            include_total: true,
        };
        let actor = Actor::server();
        let page = place.service.record_list::<ArpEntry>(&actor, &filter, &wanted);
        let page = page.await.unwrap();
        assert_eq!((page.items.len(), page.total), (1, Some(3)));
        paged.extend(page.items.into_iter().map(|row| row.record.address));
        token = page.next_page_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(paged, all);
    place.service.close().await;
}

#[test]
fn a_port_is_asked_for_by_each_of_its_names_once() {
    let names = |text: &str| {
        interface_names(&[text.to_owned()])
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    };
    assert_eq!(names("Vlan3000"), ["vlan3000"]);
    assert_eq!(names("Gi1/0/1"), ["gi1/0/1", "gigabitethernet1/0/1"]);
}

#[test]
fn a_table_knows_its_capture_type_and_its_columns() {
    assert_eq!(Kind::of("lldp"), Some(Kind::Neighbor));
    assert_eq!(Kind::of("configs"), None);
    assert_eq!(columns::<ArpEntry>().first().map(String::as_str), Some("vrf"));
}

#[tokio::test]
async fn what_moved_is_located_where_it_is_and_where_it_was() {
    use crate::locate::{SoughtKind, Source};

    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    let table = |port: &str| format!("00:11:22:33:44:01 dev {port} vlan 10 master br0\n");
    for port in ["swp1", "swp2"] {
        let id = place
            .capture("mac", "bridge fdb show", &table(port), Verdict::Complete)
            .await;
        assert_eq!(place.load(id).await, all_loaded());
    }
    let moved = place.at;
    assert_eq!(place.arp(ARP).await, all_loaded());
    for asked in ["0011.2233.4401", "10.0.0.1"] {
        let located = place.service.locate(&Actor::server(), asked).await.unwrap();
        let learned: Vec<_> = located
            .sightings
            .iter()
            .filter(|one| one.source == Source::MacTable)
            .map(|one| (one.interface.clone().unwrap(), one.current, one.vlan.clone().unwrap()))
            .collect();
        let expected = [("swp2", true), ("swp1", false)].map(|(port, now)| (port.to_owned(), now, "10".to_owned()));
        assert_eq!(learned, expected, "{asked}");
        let now = &located.sightings[0];
        assert_eq!((now.first_seen_at, now.last_seen_at), (moved, moved));
        assert!(now.edge && now.macs_on_port == Some(1));
        assert_eq!(located.macs, ["00:11:22:33:44:01"]);
        assert_eq!(located.addresses, ["10.0.0.1"]);
        let is_ip = asked.contains("10.");
        assert_eq!(located.kind, if is_ip { SoughtKind::Ip } else { SoughtKind::Mac });
    }
    // An address that left is still known to have been there.
    assert_eq!(
        place.arp("10.0.0.2 dev eth0 lladdr 00:11:22:33:44:02 STALE\n").await,
        all_loaded()
    );
    let located = place.service.locate(&Actor::server(), "10.0.0.1").await.unwrap();
    let arp = located.sightings.iter().find(|one| one.source == Source::Arp).unwrap();
    assert!(!arp.current);
    assert_eq!(located.macs, ["00:11:22:33:44:01"]);
    let beginning = place.service.locate(&Actor::server(), "00:11:22").await.unwrap();
    assert_eq!(beginning.kind, SoughtKind::MacPrefix);
    assert!(!beginning.sightings.is_empty());
}

/// Some entries of an ARP table.
fn entries(count: usize) -> String {
    let line = |number| format!("10.0.0.{number} dev eth0 lladdr 00:11:22:33:44:{number:02x} REACHABLE\n");
    (1..=count).map(line).collect()
}

#[tokio::test]
async fn a_table_that_lost_most_of_its_rows_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    assert_eq!(place.arp(&entries(25)).await, all_loaded());
    let few = entries(5);
    let loaded = place.arp(&few).await;
    assert_eq!(loaded.complete, Some(true));
    assert_eq!(
        loaded.message.as_deref(),
        Some("Look at arp of r1: The table lost most of its rows: 5 of 25 are left")
    );
    assert_eq!(place.addresses(RecordFilter::default()).await.len(), 5);
    // The same again is nothing new, and is still seen with the capture.
    let again = place.capture("arp", "ip neigh show", &few, Verdict::Complete).await;
    assert_eq!(place.load(again).await, all_loaded());
    let read = place
        .service
        .capture_records(&Actor::server(), again, 0, 0)
        .await
        .unwrap();
    let (load, parsed) = (read.load.unwrap(), read.parsed.unwrap());
    assert!(read.loaded && read.message.unwrap().contains("5 of 25"));
    assert_eq!((load.capture_id, load.records, load.unknown_lines), (Some(again), 5, 0));
    assert_eq!(load.templates, parsed.templates[0].name);
    assert_eq!(load.version, parsed.templates[0].version);
    place.service.close().await;
}

/// What of some captures has to be read at all.
async fn to_read(place: &Place, capture_id: Uuid, everything: bool) -> (usize, Vec<load::Outcome>) {
    let platform = "linux".to_owned();
    let wish = Wish { capture_id, platform };
    let (tasks, outcomes) = place.service.changed(vec![wish], everything).await.unwrap();
    (tasks.len(), outcomes)
}

#[tokio::test]
async fn a_text_that_cannot_be_read_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.arp(ARP).await;
    let rubbish = "Segmentation fault (core dumped)\n";
    let first = place.arp(rubbish).await;
    let again = place.capture("arp", "ip neigh show", rubbish, Verdict::Complete).await;
    let (tasks, outcomes) = to_read(&place, again, false).await;
    assert_eq!(tasks, 0);
    assert!(
        matches!(outcomes.as_slice(), [load::Outcome::Failed(_)]),
        "{outcomes:?}"
    );
    assert_eq!(place.load(again).await, first);
    // By other templates, or because somebody asks for it.
    assert_eq!(to_read(&place, again, true).await.0, 1);
    let db = place.service.db().clone();
    let row = store::load(db.reader(), place.device, "arp").await.unwrap().unwrap();
    let older = LoadRow {
        failed_version: Some("of templates before".to_owned()),
        ..row
    };
    store::save_failure(&db, older).await.unwrap();
    assert_eq!(to_read(&place, again, false).await.0, 1);
    // A good one takes the note away: what was good before is good again.
    assert_eq!(place.arp(ARP).await, all_loaded());
    let row = store::load(db.reader(), place.device, "arp").await.unwrap().unwrap();
    assert_eq!((row.message, row.failed_sha256, row.failed_version), (None, None, None));
    place.service.close().await;
}

#[tokio::test]
async fn the_same_text_is_read_again_by_other_templates() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.arp(ARP).await;
    let again = place.capture("arp", "ip neigh show", ARP, Verdict::Complete).await;
    assert_eq!(to_read(&place, again, false).await.0, 0);
    let db = place.service.db();
    let row = store::load(db.reader(), place.device, "arp").await.unwrap().unwrap();
    let older = LoadRow {
        version: "of templates before".to_owned(),
        ..row.clone()
    };
    let txn = db.begin().await.unwrap();
    store::save_load(&txn, older).await.unwrap();
    txn.commit().await.unwrap();
    assert_eq!(to_read(&place, again, false).await.0, 1);
    assert_eq!(place.load(again).await, all_loaded());
    let now = store::load(db.reader(), place.device, "arp").await.unwrap().unwrap();
    assert_eq!(now.version, row.version);
    place.service.close().await;
}

/// A device that prints without end fills neither the memory nor the tables.
#[test]
fn too_many_records_end_in_a_sentence() {
    let text = entries(20);
    let commands = ["ip neigh show".to_owned()];
    let capture = parsers::Capture {
        platform: "linux",
        capture_type: "arp",
        commands: &commands,
        text: &text,
    };
    for (limits, whole) in [
        (parsers::Limits::default(), true),
        (
            parsers::Limits {
                max_records: 10,
                ..parsers::Limits::default()
            },
            false,
        ),
        (
            parsers::Limits {
                max_row_bytes: 2_000,
                ..parsers::Limits::default()
            },
            false,
        ),
    ] {
        let parsed = parsers::parse(parsers::Library::built_in(), &capture, &limits).unwrap();
        assert!(parsed.records.len() <= limits.max_records);
        let said = load::understood(Kind::ArpEntry, parsed).map(|one| one.rows.len());
        match whole {
            true => assert_eq!(said, Ok(20)),
            false => assert_eq!(
                said,
                Err("Not loaded, since it has too many records: what was there before stays".to_owned())
            ),
        }
    }
}

/// What is said of a neighbour that is heard on a port.
fn heard_on(port: &str, name: &str, chassis: &str) -> String {
    let line = "-".repeat(79);
    format!(
        "{line}\nInterface:    {port}, via: LLDP, RID: 1, Time: 1 day, 02:00:00\n  Chassis:     \n    ChassisID:    mac \
         {chassis}\n    SysName:      {name}\n    Capability:   Bridge, on\n  Port:        \n    PortID:       ifname \
         swp9\n    TTL:          120\n{line}\n"
    )
}

#[tokio::test]
async fn an_aggregate_on_whose_links_a_switch_is_heard_is_no_edge() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    let lldp = heard_on("swp1", "sw2", "02:00:00:00:00:0a");
    let tables = [
        ("lldp", "lldpcli show neighbors details", lldp.as_str()),
        (
            "mac",
            "bridge fdb show",
            // The switch is learned on the aggregate; a host and its virtual machine are on a port of their own.
            "02:00:00:00:00:0a dev bond0 vlan 10 master br0\n00:11:22:33:44:01 dev bond0 vlan 10 master br0\n\
             00:11:22:33:44:02 dev swp5 vlan 10 master br0\n00:11:22:33:44:03 dev swp5 vlan 10 master br0\n",
        ),
    ];
    for (capture_type, command, text) in tables {
        let id = place.capture(capture_type, command, text, Verdict::Complete).await;
        assert_eq!(place.load(id).await, all_loaded());
    }
    let actor = Actor::server();
    for (mac, port, edge, macs) in [
        ("00:11:22:33:44:01", "bond0", false, None),
        ("00:11:22:33:44:02", "swp5", true, Some(2)),
    ] {
        let located = place.service.locate(&actor, mac).await.unwrap();
        let one = &located.sightings[0];
        assert_eq!(
            (one.interface.as_deref(), one.edge, one.macs_on_port),
            (Some(port), edge, macs),
            "{mac}"
        );
    }
    // What is asked for is not led to by itself.
    let located = place.service.locate(&actor, "02:00:00:00:00:0a").await.unwrap();
    let learned = located
        .sightings
        .iter()
        .find(|one| one.interface.as_deref() == Some("bond0"));
    assert!(learned.unwrap().edge);
    place.service.close().await;
}
