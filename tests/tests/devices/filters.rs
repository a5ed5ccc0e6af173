//! Filters take every text as it is; pages lead through everything once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{escaped, names, servers};

#[tokio::test]
async fn fault_38_every_text_is_plain_data_in_every_filter() -> anyhow::Result<()> {
    for (_server, admin, _postgres) in servers("fault_38_every_text_is_plain_data_in_every_filter").await? {
        let hostile = [
            "'; DROP TABLE device;--",
            "100%",
            "a_b",
            "back\\slash",
            "\"quoted\"",
            "Zürich",
        ];
        for (number, text) in hostile.iter().enumerate() {
            let body = json!({
                "name": format!("{number} {text}"), "address": "192.0.2.1", "site": text, "role": text, "vendor": text,
                "tags": [text.replace(';', "")],
            });
            assert_eq!(admin.post("/api/v1/devices", &body).await?.status, 201, "{text}");
        }
        for (number, text) in hostile.iter().enumerate() {
            let own = format!("{number} {text}");
            for field in ["site", "role", "vendor"] {
                let path = format!("/api/v1/devices?{field}={}", escaped(&text.to_uppercase()));
                assert_eq!(names(&admin.get(&path).await?), std::slice::from_ref(&own), "{path}");
            }
            let path = format!("/api/v1/devices?tag={}", escaped(&text.replace(';', "")));
            assert_eq!(names(&admin.get(&path).await?), std::slice::from_ref(&own), "{path}");
            let path = format!("/api/v1/devices?name={}*", escaped(&own));
            assert_eq!(names(&admin.get(&path).await?), std::slice::from_ref(&own), "{path}");
            let path = format!("/api/v1/devices?q={}", escaped(text));
            assert!(names(&admin.get(&path).await?).contains(&own), "{path}");
        }
        for nothing in ["%25", "_", "%27", "%5C", "%25%25", "%27%20OR%201%3D1--"] {
            for field in ["site", "role", "vendor", "name", "tag", "platform"] {
                let path = format!("/api/v1/devices?{field}={nothing}");
                assert!(names(&admin.get(&path).await?).is_empty(), "{path}");
            }
        }
        let either = admin.get("/api/v1/devices?site=a_b&site=z*&site=").await?;
        assert_eq!(names(&either), ["2 a_b", "5 Zürich"]);
        let both = admin.get("/api/v1/devices?site=a_b&role=100%25").await?;
        assert!(names(&both).is_empty());
        let any = admin.get("/api/v1/devices?site=&vendor=*&enabled=true").await?;
        assert_eq!(names(&any).len(), hostile.len());
        for bad in [
            "sort=address",
            "enabled=perhaps",
            "page_token=rubbish",
            "name=****a*b*c*d*e*f",
        ] {
            let answer = admin.get(&format!("/api/v1/devices?{bad}")).await?;
            assert_eq!(answer.status, 400, "{bad}: {answer:?}");
        }
        let long = format!("/api/v1/devices?site={}", "x".repeat(300));
        assert_eq!(admin.get(&long).await?.status, 400);
    }
    Ok(())
}

#[tokio::test]
async fn pages_lead_through_everything_once_in_both_directions() -> anyhow::Result<()> {
    for (_server, admin, _postgres) in servers("pages_lead_through_everything_once_in_both_directions").await? {
        let list: String = (0..120)
            .map(|number| format!("192.0.2.{number}:{}\n", 2200 + number))
            .collect();
        let import = "/api/v1/device-imports?format=list";
        let done = admin
            .send_raw(reqwest::Method::POST, import, Some(("text/plain", list.into_bytes())))
            .await?;
        assert_eq!(done.body["created"], 120, "{done:?}");
        for sort in ["name", "-name"] {
            let mut path = format!("/api/v1/devices?sort={sort}&limit=50&include_total=true");
            let mut seen = Vec::new();
            loop {
                let page = admin.get(&path).await?;
                assert_eq!(page.body["total"], 120);
                seen.extend(names(&page));
                let Some(token) = page.body["next_page_token"].as_str() else {
                    break;
                };
                path = format!("/api/v1/devices?sort={sort}&limit=50&include_total=true&page_token={token}");
                let mixed = format!("/api/v1/devices?sort={sort}&site=x&page_token={token}");
                assert_eq!(admin.get(&mixed).await?.code(), "page_token_invalid");
            }
            assert_eq!(seen.len(), 120);
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 120);
            let mut reversed = seen.clone();
            reversed.reverse();
            let first = if sort == "name" { &seen } else { &reversed };
            assert!(first.first() < first.last());
        }
        for (limit, length) in [("0", 1), ("-5", 1), ("100000", 120)] {
            let page = admin.get(&format!("/api/v1/devices?limit={limit}")).await?;
            assert_eq!(names(&page).len(), length, "{limit}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn facets_count_what_can_be_filtered_by() -> anyhow::Result<()> {
    for (_server, admin, _postgres) in servers("facets_count_what_can_be_filtered_by").await? {
        for (name, vendor, site) in [("a", "Cisco", "ams"), ("b", "CISCO", "fra"), ("c", "Juniper", "")] {
            let body = json!({"name": name, "address": "192.0.2.1", "vendor": vendor, "site": site, "tags": ["All"]});
            assert_eq!(admin.post("/api/v1/devices", &body).await?.status, 201);
        }
        let facets = admin.get("/api/v1/devices/facets").await?;
        assert_eq!(facets.status, 200, "{facets:?}");
        let count = |field: &str| -> Vec<u64> {
            let facets = facets.body[field].as_array().cloned().unwrap_or_default();
            facets.iter().filter_map(|facet| facet["count"].as_u64()).collect()
        };
        assert_eq!(
            (count("vendors"), count("sites"), count("roles")),
            (vec![2, 1], vec![1, 1], vec![])
        );
        assert_eq!(facets.body["platforms"], json!([{"value": "auto", "count": 3}]));
        assert_eq!(facets.body["tags"], json!([{"value": "all", "count": 3}]));
        assert_eq!(facets.body["total"], 3);
        for facet in facets.body["vendors"].as_array().into_iter().flatten() {
            let path = format!("/api/v1/devices?vendor={}", facet["value"].as_str().unwrap_or_default());
            let found = names(&admin.get(&path).await?).len();
            assert_eq!(Value::from(found), facet["count"]);
        }
    }
    Ok(())
}
