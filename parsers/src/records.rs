//! One record per capture type: what it holds and how it is made from the fields of a row.

pub(crate) mod arp;
pub(crate) mod components;
pub(crate) mod interfaces;
pub(crate) mod mac;
pub(crate) mod neighbors;
pub(crate) mod routes;
pub(crate) mod table;
pub(crate) mod versions;

use crate::{
    mapping::{Fields, Plan},
    record::Records,
};

/// Adds the record that the fields make, if they make one.
pub(crate) fn add(records: &mut Records, fields: &Fields<'_>, plan: &Plan) {
    match records {
        Records::Arp(list) => list.extend(arp::read(fields)),
        Records::Mac(list) => list.extend(mac::read(fields)),
        Records::Neighbor(list) => list.extend(neighbors::read(fields)),
        Records::Interface(list) => list.extend(interfaces::read(fields)),
        Records::Route(list) => list.extend(routes::read(fields)),
        Records::Version(list) => versions::join(list, versions::read(fields)),
        Records::Component(list) => list.extend(components::read(fields)),
        Records::Table(list) => list.extend(table::read(fields, plan)),
    }
}
