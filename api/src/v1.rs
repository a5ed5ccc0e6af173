//! The operations of the API, one file for each noun.

use poem_openapi::{Tags, types::MaybeUndefined};

pub(crate) mod api_tokens;
pub(crate) mod arp_entries;
pub(crate) mod audit_events;
pub(crate) mod auth;
pub(crate) mod capture_diffs;
pub(crate) mod capture_records;
pub(crate) mod capture_types;
pub(crate) mod captures;
pub(crate) mod collections;
pub(crate) mod components;
pub(crate) mod config_changes;
pub(crate) mod coverage;
pub(crate) mod credentials;
pub(crate) mod device_exports;
pub(crate) mod device_imports;
pub(crate) mod device_versions;
pub(crate) mod devices;
pub(crate) mod failures;
pub(crate) mod host_keys;
pub(crate) mod interfaces;
pub(crate) mod job_templates;
pub(crate) mod locate;
pub(crate) mod mac_entries;
pub(crate) mod neighbors;
pub(crate) mod platforms;
pub(crate) mod preflights;
pub(crate) mod record_lists;
pub(crate) mod routes;
pub(crate) mod search;
pub(crate) mod settings;
pub(crate) mod topology;
pub(crate) mod users;
pub(crate) mod version;
pub(crate) mod volatile_rules;

/// Areas of the document.
#[derive(Tags)]
pub(crate) enum Tag {
    /// Logging in and out.
    #[oai(rename = "auth")]
    Auth,
    /// Persons who may log in.
    #[oai(rename = "user")]
    User,
    /// Tokens of programs.
    #[oai(rename = "api_token")]
    ApiToken,
    /// What is collected from.
    #[oai(rename = "device")]
    Device,
    /// What can be collected.
    #[oai(rename = "platform")]
    Platform,
    /// What devices are logged in with.
    #[oai(rename = "credential")]
    Credential,
    /// What devices are known by.
    #[oai(rename = "host_key")]
    HostKey,
    /// Who did what.
    #[oai(rename = "audit_event")]
    AuditEvent,
    /// One run over many devices.
    #[oai(rename = "collection")]
    Collection,
    /// Stored texts.
    #[oai(rename = "capture")]
    Capture,
    /// What changed in configurations.
    #[oai(rename = "config_change")]
    ConfigChange,
    /// Lines that change by themselves.
    #[oai(rename = "volatile_rule")]
    VolatileRule,
    /// Which MAC address an IP address has.
    #[oai(rename = "arp_entry")]
    ArpEntry,
    /// Behind which port a MAC address is.
    #[oai(rename = "mac_entry")]
    MacEntry,
    /// What is at the other end of a link.
    #[oai(rename = "neighbor")]
    Neighbor,
    /// Ports and logical interfaces.
    #[oai(rename = "interface")]
    Interface,
    /// Which way packets go.
    #[oai(rename = "route")]
    Route,
    /// Parts of devices.
    #[oai(rename = "component")]
    Component,
    /// Models and software.
    #[oai(rename = "device_version")]
    DeviceVersion,
    /// What is asked of everything that was collected.
    #[oai(rename = "question")]
    Question,
    /// Settings of the server.
    #[oai(rename = "settings")]
    Settings,
    /// The server itself.
    #[oai(rename = "version")]
    Version,
}

/// A member of a change: `None` is not given, `Some(None)` is `null`.
fn given<T>(member: MaybeUndefined<T>) -> Option<Option<T>> {
    match member {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

/// All operations of the document.
pub(crate) fn operations() -> impl poem_openapi::OpenApi {
    let collecting = (
        collections::Api,
        collections::PlanApi,
        collections::compared::Api,
        collections::of_device::Api,
        preflights::Api,
        captures::Api,
        capture_records::Api,
        capture_records::ReparseApi,
        capture_diffs::Api,
        config_changes::Api,
        volatile_rules::Api,
    );
    let of_the_server = (
        auth::Api,
        users::Api,
        api_tokens::Api,
        audit_events::Api,
        settings::Api,
        version::Api,
    );
    let of_devices = (
        devices::Api,
        device_imports::Api,
        device_exports::Api,
        platforms::Api,
        job_templates::Api,
        capture_types::Api,
        credentials::Api,
        host_keys::Api,
    );
    let of_records = (
        arp_entries::Api,
        mac_entries::Api,
        neighbors::Api,
        interfaces::Api,
        routes::Api,
        components::Api,
        device_versions::Api,
    );
    let questions = (locate::Api, search::Api, topology::Api, coverage::Api, failures::Api);
    (of_the_server, of_devices, collecting, of_records, questions)
}

/// Plain handlers beside them; their paths stand in `roles::PLAIN`, too.
pub(crate) fn plain(route: poem::Route) -> poem::Route {
    route
        .at(
            "/api/v1/collections/:id/progress",
            poem::get(collections::progress::progress),
        )
        .at(
            "/api/v1/collections/:id/event-stream",
            poem::get(collections::progress::event_stream),
        )
}
