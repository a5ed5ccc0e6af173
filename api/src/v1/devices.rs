//! Devices: what is collected from.

use entity::device;
use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path, Query},
    payload::Json,
    types::{Example, MaybeUndefined},
};
use service::{
    devices::{self, DeviceFields, DeviceFilter, device_tags},
    version::{self, Expected},
};
use uuid::Uuid;

use super::Tag;
use crate::{
    auth::Auth,
    paging::{self, Page},
    problem::{Created, Done, Result, Viewed},
    time::Time,
};

/// A network device.
#[derive(Object)]
#[oai(example)]
struct Device {
    /// Id.
    id: Uuid,
    /// Name, unique ignoring case.
    name: String,
    /// IP address or host name.
    address: String,
    /// TCP port of SSH.
    port: u16,
    /// Slug of the platform, or `auto` while it is to be found out.
    platform: String,
    /// Who made it; empty when not known, as in the fields below.
    vendor: String,
    /// Where it stands.
    site: String,
    /// What it is for.
    role: String,
    /// Its model.
    model: String,
    /// The version of its software.
    os_version: String,
    /// Its serial number.
    serial: String,
    /// Labels.
    tags: Vec<String>,
    /// Whether it is collected.
    enabled: bool,
    /// The credential it is bound to.
    #[oai(skip_serializing_if_is_none)]
    credential_id: Option<Uuid>,
    /// Whether old SSH algorithms are offered to it.
    legacy_algorithms: bool,
    /// When it last gave a complete capture.
    #[oai(skip_serializing_if_is_none)]
    last_collected_at: Option<Time>,
    /// When it was made.
    created_at: Time,
    /// When it was last changed.
    updated_at: Time,
}

impl Example for Device {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x0199_a3a0_8f2b_7c4e_9d51_3a6f_2b7c_8d91),
            name: "ams-core-1".to_owned(),
            address: "192.0.2.10".to_owned(),
            port: 22,
            platform: "cisco_ios".to_owned(),
            vendor: "Cisco".to_owned(),
            site: "ams".to_owned(),
            role: "core".to_owned(),
            model: "C9300-48P".to_owned(),
            os_version: "17.9.4".to_owned(),
            serial: "FOC1234X0AB".to_owned(),
            tags: vec!["prod".to_owned()],
            enabled: true,
            credential_id: None,
            legacy_algorithms: false,
            last_collected_at: Some(Time(1_769_844_600_000)),
            created_at: Time(1_769_841_000_000),
            updated_at: Time(1_769_841_000_000),
        }
    }
}

impl From<device::Model> for Device {
    fn from(row: device::Model) -> Self {
        Self {
            tags: device_tags(&row),
            id: row.id,
            name: row.name,
            address: row.address,
            port: u16::try_from(row.port).unwrap_or_default(),
            platform: row.platform,
            vendor: row.vendor,
            site: row.site,
            role: row.role,
            model: row.model,
            os_version: row.os_version,
            serial: row.serial,
            enabled: row.enabled,
            credential_id: row.credential_id,
            legacy_algorithms: row.legacy_algorithms,
            last_collected_at: row.last_collected_at.map(Time),
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
        }
    }
}

/// A device that is to be made.
#[derive(Object)]
#[oai(example)]
struct DeviceCreate {
    /// Name, unique ignoring case.
    name: String,
    /// IP address or host name.
    address: String,
    /// TCP port of SSH: 22 unless given.
    #[oai(skip_serializing_if_is_none)]
    port: Option<u16>,
    /// Slug or alias of the platform; without one it is found out.
    #[oai(skip_serializing_if_is_none)]
    platform: Option<String>,
    /// Who made it.
    #[oai(skip_serializing_if_is_none)]
    vendor: Option<String>,
    /// Where it stands.
    #[oai(skip_serializing_if_is_none)]
    site: Option<String>,
    /// What it is for.
    #[oai(skip_serializing_if_is_none)]
    role: Option<String>,
    /// Its model.
    #[oai(skip_serializing_if_is_none)]
    model: Option<String>,
    /// The version of its software.
    #[oai(skip_serializing_if_is_none)]
    os_version: Option<String>,
    /// Its serial number.
    #[oai(skip_serializing_if_is_none)]
    serial: Option<String>,
    /// Labels.
    #[oai(skip_serializing_if_is_none)]
    tags: Option<Vec<String>>,
    /// Whether it is collected: `true` unless given.
    #[oai(skip_serializing_if_is_none)]
    enabled: Option<bool>,
    /// The credential it is bound to; without one, what is for its site, its tags, or all.
    #[oai(skip_serializing_if_is_none)]
    credential_id: Option<Uuid>,
    /// Whether old SSH algorithms are offered to it.
    #[oai(skip_serializing_if_is_none)]
    legacy_algorithms: Option<bool>,
}

impl Example for DeviceCreate {
    fn example() -> Self {
        Self {
            name: "ams-core-1".to_owned(),
            address: "192.0.2.10".to_owned(),
            port: None,
            platform: Some("cisco_ios".to_owned()),
            vendor: Some("Cisco".to_owned()),
            site: Some("ams".to_owned()),
            role: Some("core".to_owned()),
            model: None,
            os_version: None,
            serial: None,
            tags: Some(vec!["prod".to_owned()]),
            enabled: None,
            credential_id: None,
            legacy_algorithms: None,
        }
    }
}

/// What is to be changed.
#[derive(Object)]
#[oai(example)]
struct DeviceUpdate {
    /// Name, unique ignoring case.
    #[oai(skip_serializing_if_is_none)]
    name: Option<String>,
    /// IP address or host name.
    #[oai(skip_serializing_if_is_none)]
    address: Option<String>,
    /// TCP port of SSH.
    #[oai(skip_serializing_if_is_none)]
    port: Option<u16>,
    /// Slug or alias of the platform, or `auto`.
    #[oai(skip_serializing_if_is_none)]
    platform: Option<String>,
    /// Who made it.
    #[oai(skip_serializing_if_is_none)]
    vendor: Option<String>,
    /// Where it stands.
    #[oai(skip_serializing_if_is_none)]
    site: Option<String>,
    /// What it is for.
    #[oai(skip_serializing_if_is_none)]
    role: Option<String>,
    /// Its model.
    #[oai(skip_serializing_if_is_none)]
    model: Option<String>,
    /// The version of its software.
    #[oai(skip_serializing_if_is_none)]
    os_version: Option<String>,
    /// Its serial number.
    #[oai(skip_serializing_if_is_none)]
    serial: Option<String>,
    /// All labels.
    #[oai(skip_serializing_if_is_none)]
    tags: Option<Vec<String>>,
    /// Whether it is collected.
    #[oai(skip_serializing_if_is_none)]
    enabled: Option<bool>,
    /// The credential it is bound to; `null`: none.
    #[oai(skip_serializing_if_is_none)]
    credential_id: MaybeUndefined<Uuid>,
    /// Whether old SSH algorithms are offered to it.
    #[oai(skip_serializing_if_is_none)]
    legacy_algorithms: Option<bool>,
}

impl Example for DeviceUpdate {
    fn example() -> Self {
        Self {
            name: None,
            address: None,
            port: None,
            platform: None,
            vendor: None,
            site: Some("fra".to_owned()),
            role: None,
            model: None,
            os_version: None,
            serial: None,
            tags: None,
            enabled: Some(false),
            credential_id: MaybeUndefined::Undefined,
            legacy_algorithms: None,
        }
    }
}

/// A value of a field and how many devices have it.
#[derive(Object)]
struct Facet {
    /// The value.
    #[oai(validator(max_length = 255))]
    value: String,
    /// Devices.
    count: u64,
}

/// The values that devices can be filtered by.
#[derive(Object)]
#[oai(example)]
struct DeviceFacets {
    /// Who made them.
    vendors: Vec<Facet>,
    /// What they speak.
    platforms: Vec<Facet>,
    /// Where they stand.
    sites: Vec<Facet>,
    /// What they are for.
    roles: Vec<Facet>,
    /// Their labels, in lower case.
    tags: Vec<Facet>,
    /// All devices.
    total: u64,
}

impl Example for DeviceFacets {
    fn example() -> Self {
        let facet = |value: &str, count| Facet {
            value: value.to_owned(),
            count,
        };
        Self {
            vendors: vec![facet("Cisco", 12), facet("Juniper", 3)],
            platforms: vec![facet("cisco_ios", 12), facet("juniper_junos", 3)],
            sites: vec![facet("ams", 15)],
            roles: vec![facet("core", 2)],
            tags: vec![facet("prod", 15)],
            total: 15,
        }
    }
}

impl From<devices::Facets> for DeviceFacets {
    fn from(facets: devices::Facets) -> Self {
        let of = |facets: Vec<devices::Facet>| {
            let facet = |facet: devices::Facet| Facet {
                value: facet.value,
                count: facet.count,
            };
            facets.into_iter().map(facet).collect()
        };
        Self {
            vendors: of(facets.vendors),
            platforms: of(facets.platforms),
            sites: of(facets.sites),
            roles: of(facets.roles),
            tags: of(facets.tags),
            total: facets.total,
        }
    }
}

fn viewed(row: device::Model) -> Viewed<Device> {
    let tag = version::tag(row.updated_at);
    Viewed::Ok(Json(row.into()), tag)
}

pub(crate) struct Api;

#[OpenApi(tag = "Tag::Device", prefix_path = "/devices")]
impl Api {
    /// List devices by name
    ///
    /// Several values of one filter are alternatives, different filters narrow each other. Upper and lower case are the
    /// same, `*` stands for any characters, everything else for itself.
    #[oai(path = "/", method = "get", operation_id = "device_list")]
    async fn device_list(
        &self,
        auth: Auth,
        /// Who made it.
        vendor: Query<Vec<String>>,
        /// Slug or alias of the platform.
        platform: Query<Vec<String>>,
        /// Where it stands.
        site: Query<Vec<String>>,
        /// What it is for.
        role: Query<Vec<String>>,
        /// A label.
        tag: Query<Vec<String>>,
        /// Its name.
        name: Query<Vec<String>>,
        /// Words that all stand somewhere in its name, address, site, role, vendor, model, version, serial number or tags.
        q: Query<Option<String>>,
        /// Whether it is collected.
        enabled: Query<Option<bool>>,
        /// `name` or `-name`.
        sort: Query<Option<String>>,
        /// Rows of a page: 50, at most 500.
        limit: Query<Option<i64>>,
        /// Where the page begins, from the page before.
        page_token: Query<Option<String>>,
        /// Whether all rows are counted.
        include_total: Query<Option<bool>>,
    ) -> Result<Json<Page<Device>>> {
        let filter = DeviceFilter {
            vendor: vendor.0,
            platform: platform.0,
            site: site.0,
            role: role.0,
            tag: tag.0,
            name: name.0,
            q: q.0,
            enabled: enabled.0,
        };
        let page = paging::wanted(limit.0, page_token.0, include_total.0);
        let service = auth.service();
        let page = service
            .device_list(auth.actor(), &filter, sort.0.as_deref(), &page)
            .await?;
        Ok(Json(Page::of(page, Device::from)))
    }

    /// Make a device
    #[oai(path = "/", method = "post", operation_id = "device_create")]
    async fn device_create(&self, auth: Auth, body: Json<DeviceCreate>) -> Result<Created<Device>> {
        let body = body.0;
        let fields = DeviceFields {
            name: Some(body.name),
            address: Some(body.address),
            port: body.port,
            platform: body.platform,
            vendor: body.vendor,
            site: body.site,
            role: body.role,
            model: body.model,
            os_version: body.os_version,
            serial: body.serial,
            tags: body.tags,
            enabled: body.enabled,
            credential_id: body.credential_id.map(Some),
            legacy_algorithms: body.legacy_algorithms,
        };
        let row = auth.service().device_create(auth.actor(), fields).await?;
        let location = format!("/api/v1/devices/{}", row.id);
        let tag = version::tag(row.updated_at);
        Ok(Created::Ok(Json(row.into()), location, Some(tag)))
    }

    /// Count the values that devices can be filtered by
    #[oai(path = "/facets", method = "get", operation_id = "device_facets")]
    async fn device_facets(&self, auth: Auth) -> Result<Json<DeviceFacets>> {
        Ok(Json(auth.service().device_facets(auth.actor()).await?.into()))
    }

    /// View a device
    #[oai(path = "/:id", method = "get", operation_id = "device_view")]
    async fn device_view(&self, auth: Auth, id: Path<Uuid>) -> Result<Viewed<Device>> {
        Ok(viewed(auth.service().device_view(auth.actor(), id.0).await?))
    }

    /// Change a device
    #[oai(path = "/:id", method = "patch", operation_id = "device_update")]
    async fn device_update(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<DeviceUpdate>,
    ) -> Result<Viewed<Device>> {
        let body = body.0;
        let fields = DeviceFields {
            name: body.name,
            address: body.address,
            port: body.port,
            platform: body.platform,
            vendor: body.vendor,
            site: body.site,
            role: body.role,
            model: body.model,
            os_version: body.os_version,
            serial: body.serial,
            tags: body.tags,
            enabled: body.enabled,
            credential_id: super::given(body.credential_id),
            legacy_algorithms: body.legacy_algorithms,
        };
        let expected = Expected::new(if_match.0);
        let service = auth.service();
        Ok(viewed(
            service.device_update(auth.actor(), id.0, fields, &expected).await?,
        ))
    }

    /// Remove a device
    ///
    /// What was collected from it stays.
    #[oai(path = "/:id", method = "delete", operation_id = "device_delete")]
    async fn device_delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The version that is meant; absent: any.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Done> {
        let expected = Expected::new(if_match.0);
        auth.service().device_delete(auth.actor(), id.0, &expected).await?;
        Ok(Done::Ok)
    }
}
