//! ARP entries: ARP and neighbour tables, now and then.

use poem_openapi::{
    Object, OpenApi,
    param::Query,
    payload::{Binary, Json},
    types::Example,
};
use service::records::{self, RecordFilter, Row};
use uuid::Uuid;

use super::{Tag, collections::view::example_id};
use crate::{
    auth::Auth,
    paging::{self, Page},
    parts,
    problem::{File, Result},
    time::Time,
};

/// An entry of an ARP or neighbour table.
#[derive(Object)]
#[oai(rename = "ArpEntry", example)]
struct ArpEntryRow {
    /// The device that said it.
    device_id: Uuid,
    /// Its name today; absent when it was taken away.
    #[oai(skip_serializing_if_is_none)]
    device_name: Option<String>,
    /// VRF; absent in the default one.
    #[oai(skip_serializing_if_is_none)]
    vrf: Option<String>,
    /// IP address.
    address: String,
    /// MAC address.
    #[oai(skip_serializing_if_is_none)]
    mac: Option<String>,
    /// Interface, canonical.
    #[oai(skip_serializing_if_is_none)]
    interface: Option<String>,
    /// Interface as printed.
    #[oai(skip_serializing_if_is_none)]
    interface_raw: Option<String>,
    /// Port behind a VLAN interface.
    #[oai(skip_serializing_if_is_none)]
    port: Option<String>,
    /// VLAN.
    #[oai(skip_serializing_if_is_none)]
    vlan: Option<String>,
    /// Static, dynamic and the like.
    #[oai(skip_serializing_if_is_none)]
    state: Option<String>,
    /// How long ago it was learned, when it was first captured.
    #[oai(skip_serializing_if_is_none)]
    age_seconds: Option<u64>,
    /// The capture that it was first read from.
    capture_id: Uuid,
    /// When it was captured for the first time.
    first_seen_at: Time,
    /// When it was captured for the last time.
    last_seen_at: Time,
    /// When it was found to be gone or changed; absent as long as it is there.
    #[oai(skip_serializing_if_is_none)]
    closed_at: Option<Time>,
}

impl Example for ArpEntryRow {
    fn example() -> Self {
        Self {
            device_id: example_id(),
            device_name: Some("ams-sw-01".to_owned()),
            vrf: None,
            address: "10.20.30.40".to_owned(),
            mac: Some("00:1b:54:aa:bb:cc".to_owned()),
            interface: Some("Vlan30".to_owned()),
            interface_raw: Some("Vl30".to_owned()),
            port: None,
            vlan: None,
            state: Some("dynamic".to_owned()),
            age_seconds: Some(120),
            capture_id: example_id(),
            first_seen_at: Time(1_769_841_000_900),
            last_seen_at: Time(1_769_927_400_900),
            closed_at: None,
        }
    }
}

impl From<Row<records::ArpEntry>> for ArpEntryRow {
    fn from(row: Row<records::ArpEntry>) -> Self {
        let record = row.record;
        Self {
            device_id: row.device_id,
            device_name: Some(row.device_name).filter(|name| !name.is_empty()),
            vrf: record.vrf,
            address: record.address,
            mac: record.mac,
            interface: record.interface,
            interface_raw: record.interface_raw,
            port: record.port,
            vlan: record.vlan,
            state: record.state,
            age_seconds: record.age_seconds,
            capture_id: row.capture_id,
            first_seen_at: Time(row.first_seen_at),
            last_seen_at: Time(row.last_seen_at),
            closed_at: row.closed_at.map(Time),
        }
    }
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::ArpEntry")]
impl Api {
    /// List ARP entries
    ///
    /// What is there now, or was at a time: ARP and neighbour tables.
    #[oai(path = "/arp-entries", method = "get", operation_id = "arp_entry_list")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn arp_entry_list(
        &self,
        auth: Auth,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
        /// Names of devices.
        device: Query<Vec<String>>,
        /// Ids of devices.
        device_id: Query<Vec<Uuid>>,
        /// IP addresses.
        ip: Query<Vec<String>>,
        /// MAC addresses in any notation, or their first bytes.
        mac: Query<Vec<String>>,
        /// Networks: addresses in them.
        prefix: Query<Vec<String>>,
        /// VLANs.
        vlan: Query<Vec<String>>,
        /// Interfaces, short or long, in any case.
        interface: Query<Vec<String>>,
        /// VRFs; `default` is the one without a name.
        vrf: Query<Vec<String>>,
        /// What was true at this time; what is true now unless given.
        as_of: Query<Option<Time>>,
    ) -> Result<Json<Page<ArpEntryRow>>> {
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let filter = RecordFilter {
            device: device.0,
            device_id: device_id.0,
            ip: ip.0,
            mac: mac.0,
            prefix: prefix.0,
            vlan: vlan.0,
            interface: interface.0,
            vrf: vrf.0,
            as_of: as_of.0.map(|time| time.0),
            ..RecordFilter::default()
        };
        let service = auth.service();
        let page = service
            .record_list::<records::ArpEntry>(auth.actor(), &filter, &page)
            .await?;
        Ok(Json(Page::of(page, ArpEntryRow::from)))
    }

    /// Export ARP entries as CSV
    ///
    /// A cell that a spreadsheet would calculate begins with a `'`.
    #[oai(path = "/arp-entries.csv", method = "get", operation_id = "arp_entry_csv")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
    async fn arp_entry_csv(
        &self,
        auth: Auth,
        /// Names of devices.
        device: Query<Vec<String>>,
        /// Ids of devices.
        device_id: Query<Vec<Uuid>>,
        /// IP addresses.
        ip: Query<Vec<String>>,
        /// MAC addresses in any notation, or their first bytes.
        mac: Query<Vec<String>>,
        /// Networks: addresses in them.
        prefix: Query<Vec<String>>,
        /// VLANs.
        vlan: Query<Vec<String>>,
        /// Interfaces, short or long, in any case.
        interface: Query<Vec<String>>,
        /// VRFs; `default` is the one without a name.
        vrf: Query<Vec<String>>,
        /// What was true at this time; what is true now unless given.
        as_of: Query<Option<Time>>,
    ) -> Result<File> {
        let filter = RecordFilter {
            device: device.0,
            device_id: device_id.0,
            ip: ip.0,
            mac: mac.0,
            prefix: prefix.0,
            vlan: vlan.0,
            interface: interface.0,
            vrf: vrf.0,
            as_of: as_of.0.map(|time| time.0),
            ..RecordFilter::default()
        };
        let service = auth.service();
        let parts = service
            .record_export::<records::ArpEntry>(auth.actor(), &filter)
            .await?;
        Ok(File::Ok(
            Binary(parts::body(parts)),
            "attachment; filename=\"arp-entries.csv\"".to_owned(),
        ))
    }
}
