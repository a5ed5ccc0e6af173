//! Who may do what: one table of all operations. It is enforced here, before an operation runs; a test holds it against the
//! document. What an operation allows beyond that (the own tokens, say) the application decides.

use std::collections::HashMap;

use entity::user::Role;
use poem::http::Method;
use serde_json::Value;

/// Bytes of a body that are read for who is not logged in.
const SMALL: usize = 16 * 1024;
/// Bytes of a body that are read for others.
const USUAL: usize = 8 * 1024 * 1024;
/// Bytes of a list of devices.
const IMPORT: usize = 32 * 1024 * 1024;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Public,
    /// The operation looks itself: it takes tickets, too.
    Itself,
    /// Who has at least this role.
    Least(Role),
}

/// One operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    /// Its id.
    pub(crate) id: &'static str,
    /// Who may ask.
    pub(crate) access: Access,
    /// Bytes of its body.
    pub(crate) body: usize,
    /// Whether it makes something, or should not be done twice: then it takes an `Idempotency-Key`.
    pub(crate) creates: bool,
}

const fn public(id: &'static str) -> Operation {
    Operation {
        id,
        access: Access::Public,
        body: SMALL,
        creates: false,
    }
}

const fn least(id: &'static str, role: Role) -> Operation {
    Operation {
        id,
        access: Access::Least(role),
        body: USUAL,
        creates: false,
    }
}

const fn viewer(id: &'static str) -> Operation {
    least(id, Role::Viewer)
}

const fn operator(id: &'static str) -> Operation {
    least(id, Role::Operator)
}

const fn admin(id: &'static str) -> Operation {
    least(id, Role::Admin)
}

/// The operation looks itself who asks.
const fn itself(id: &'static str) -> Operation {
    Operation {
        access: Access::Itself,
        ..public(id)
    }
}

impl Operation {
    /// It makes something.
    const fn creates(self) -> Self {
        Self { creates: true, ..self }
    }

    /// It takes a long list.
    const fn imports(self) -> Self {
        Self { body: IMPORT, ..self }
    }
}

/// Every operation of the document, by noun.
pub(crate) const TABLE: &[Operation] = &[
    // auth
    public("auth_login"),
    public("auth_refresh"),
    public("auth_logout"),
    viewer("auth_me"),
    viewer("auth_password"),
    // users
    admin("user_list"),
    admin("user_create").creates(),
    admin("user_view"),
    admin("user_update"),
    admin("user_delete"),
    // API tokens
    viewer("api_token_list"),
    viewer("api_token_create").creates(),
    viewer("api_token_view"),
    viewer("api_token_delete"),
    // devices
    viewer("device_list"),
    operator("device_create").creates(),
    viewer("device_facets"),
    viewer("device_view"),
    operator("device_update"),
    operator("device_delete"),
    // A trial changes nothing; for the rest the application asks for an operator.
    viewer("device_import_create").imports().creates(),
    viewer("device_export_view"),
    viewer("platform_list"),
    viewer("job_template_list"),
    viewer("capture_type_list"),
    // credentials and host keys
    operator("credential_list"),
    admin("credential_create").creates(),
    operator("credential_view"),
    admin("credential_update"),
    admin("credential_delete"),
    operator("credential_release"),
    viewer("host_key_list"),
    viewer("host_key_view"),
    admin("host_key_accept"),
    admin("host_key_delete"),
    // collections
    viewer("collection_list"),
    operator("collection_create").creates(),
    viewer("collection_view"),
    operator("collection_delete"),
    // Asked a second time it ends by force: a repeated request must not count as that.
    operator("collection_cancel").creates(),
    operator("collection_retry").creates(),
    viewer("collection_device_list"),
    admin("collection_transcript"),
    viewer("collection_failure_list"),
    viewer("collection_event_list"),
    viewer("collection_plan_view"),
    viewer("collection_progress_ticket"),
    viewer("collection_results_csv"),
    viewer("collection_results_json"),
    viewer("collection_plan"),
    viewer("collection_capture_list"),
    // Below operator without secrets.
    viewer("collection_captures_zip"),
    operator("preflight_create").creates(),
    viewer("preflight_view"),
    viewer("preflight_device_list"),
    // captures
    viewer("capture_list"),
    viewer("capture_view"),
    // Below operator without secrets.
    viewer("capture_content"),
    operator("capture_accept"),
    viewer("capture_records"),
    operator("capture_reparse"),
    operator("capture_reparse_all"),
    admin("capture_transcript"),
    admin("capture_delete"),
    admin("capture_purge"),
    // Below operator without secrets.
    viewer("capture_diff"),
    viewer("capture_diff_patch"),
    // what changed
    viewer("config_change_list"),
    viewer("config_change_view"),
    viewer("config_change_patch"),
    viewer("volatile_rule_list"),
    admin("volatile_rule_create").creates(),
    viewer("volatile_rule_view"),
    admin("volatile_rule_delete"),
    // Who may try patterns on texts can find out their secrets.
    operator("volatile_rule_preview"),
    // what captures say
    viewer("arp_entry_list"),
    viewer("arp_entry_csv"),
    viewer("mac_entry_list"),
    viewer("mac_entry_csv"),
    viewer("neighbor_list"),
    viewer("neighbor_csv"),
    viewer("interface_list"),
    viewer("interface_csv"),
    viewer("route_list"),
    viewer("route_csv"),
    viewer("component_list"),
    viewer("component_csv"),
    viewer("device_version_list"),
    viewer("device_version_csv"),
    // questions; for viewers the search masks secrets
    viewer("location_view"),
    viewer("search_view"),
    viewer("topology_view"),
    viewer("topology_graphml"),
    viewer("topology_drawio"),
    viewer("coverage_view"),
    viewer("coverage_device_list"),
    viewer("failure_list"),
    viewer("collection_comparison_view"),
    viewer("device_collection_list"),
    // the rest
    admin("audit_event_list"),
    admin("settings_view"),
    admin("settings_update"),
    public("version_view"),
];

/// Operations that are not in the document: WebSocket, streams, and what stands outside of v1. With method and path.
pub(crate) const PLAIN: &[(Operation, &str, &str)] = &[
    (
        itself("collection_progress"),
        "GET",
        "/api/v1/collections/{id}/progress",
    ),
    (
        viewer("collection_event_stream"),
        "GET",
        "/api/v1/collections/{id}/event-stream",
    ),
    (public("healthz"), "GET", "/healthz"),
    (public("readyz"), "GET", "/readyz"),
    (viewer("metrics"), "GET", "/metrics"),
    (public("docs"), "GET", "/docs"),
    (public("docs_script"), "GET", "/docs/scalar.js"),
    (public("openapi"), "GET", "/openapi.json"),
    (public("asyncapi"), "GET", "/api/asyncapi.json"),
];

/// The operation of an id in the document.
pub(crate) fn operation(id: &str) -> Option<&'static Operation> {
    TABLE.iter().find(|operation| operation.id == id)
}

/// Which operation a request is.
pub(crate) struct Routes {
    /// By number of segments.
    routes: HashMap<usize, Vec<Route>>,
}

struct Route {
    segments: Vec<Option<String>>,
    methods: Vec<(Method, &'static Operation, bool)>,
}

/// What a request is.
pub(crate) enum Found {
    /// This operation; whether it is a plain one.
    Operation(&'static Operation, bool),
    /// The path is one, the method is not; these are.
    WrongMethod(String),
    /// Nothing.
    Nothing,
}

impl Routes {
    /// All operations: those of the document, under `prefix`, and the plain ones. Who is not in the table is not found.
    pub(crate) fn new(document: &Value, prefix: &str) -> Self {
        let mut routes = Self { routes: HashMap::new() };
        let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
        for (path, item) in paths {
            for (method, detail) in item.as_object().into_iter().flatten() {
                let id = detail.get("operationId").and_then(Value::as_str);
                if let Some(operation) = id.and_then(operation) {
                    routes.add(method, &format!("{prefix}{path}"), operation, false);
                }
            }
        }
        for (operation, method, path) in PLAIN {
            routes.add(method, path, operation, true);
        }
        routes
    }

    fn add(&mut self, method: &str, path: &str, operation: &'static Operation, plain: bool) {
        let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
            return;
        };
        let segments: Vec<Option<String>> = path
            .split('/')
            .map(|part| (!part.starts_with(['{', ':'])).then(|| part.to_owned()))
            .collect();
        let of_length = self.routes.entry(segments.len()).or_default();
        match of_length.iter_mut().find(|route| route.segments == segments) {
            Some(route) => route.methods.push((method, operation, plain)),
            None => of_length.push(Route {
                segments,
                methods: vec![(method, operation, plain)],
            }),
        }
    }

    /// Which operation this is.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |route: &&Route| {
            let mut pairs = route.segments.iter().zip(&parts);
            pairs.all(|(segment, part)| match segment {
                Some(text) => text == part,
                None => !part.is_empty(),
            })
        };
        // A fixed segment goes before a parameter: /devices/facets is no device.
        let fixed = |route: &&Route| route.segments.iter().filter(|segment| segment.is_some()).count();
        let candidates = self.routes.get(&parts.len()).into_iter().flatten();
        let Some(route) = candidates.filter(fits).max_by_key(fixed) else {
            return Found::Nothing;
        };
        // A HEAD is a GET without its body.
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        match route.methods.iter().find(|(known, _, _)| known == wanted) {
            Some((_, operation, plain)) => Found::Operation(operation, *plain),
            None => {
                let allow: Vec<&str> = route.methods.iter().map(|(method, _, _)| method.as_str()).collect();
                Found::WrongMethod(allow.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::document;

    #[test]
    fn the_table_is_the_document() {
        let document = document::document();
        let mut in_document = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, detail) in item.as_object().unwrap() {
                let id = detail["operationId"].as_str().unwrap_or_default().to_owned();
                let operation = operation(&id).unwrap_or_else(|| panic!("{method} {path} ({id}) is not in the table"));
                let secured = detail["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
                let needs = matches!(operation.access, Access::Least(_));
                assert_eq!(secured, needs, "{id}: the table and the parameter `auth` disagree");
                assert!(
                    in_document.insert(id),
                    "{method} {path} has an id that was there before"
                );
            }
        }
        let in_table: BTreeSet<String> = TABLE.iter().map(|operation| operation.id.to_owned()).collect();
        assert_eq!(in_table.len(), TABLE.len(), "an operation stands twice in the table");
        assert_eq!(in_table, in_document);
    }

    #[test]
    fn a_path_is_found_with_its_method() {
        let routes = Routes::new(&document::document(), "/api/v1");
        let find = |method: &Method, path: &str| match routes.find(method, path) {
            Found::Operation(operation, _) => operation.id.to_owned(),
            Found::WrongMethod(allow) => allow,
            Found::Nothing => String::new(),
        };
        assert_eq!(find(&Method::GET, "/api/v1/users"), "user_list");
        assert_eq!(find(&Method::HEAD, "/api/v1/users"), "user_list");
        assert_eq!(find(&Method::PATCH, "/api/v1/users/x"), "user_update");
        assert_eq!(find(&Method::PUT, "/api/v1/version"), "GET");
        assert_eq!(find(&Method::GET, "/api/v1/users/"), "");
        assert_eq!(find(&Method::GET, "/users"), "");
        assert_eq!(find(&Method::GET, "/healthz"), "healthz");
    }
}
