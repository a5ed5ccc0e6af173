//! What the lists of all tables of records have in common: a page of rows, now or then, and the same rows as CSV.

/// Makes the two operations of a table. The filters are named as in `RecordFilter`.
macro_rules! record_lists {
    (
        tag: $tag:tt,
        list: { $(#[doc = $list_doc:tt])* } $list_path:tt as $list:ident ($list_id:tt),
        csv: { $(#[doc = $csv_doc:tt])* } $csv_path:tt as $csv:ident ($csv_id:tt),
        record: $record:ty => $row:ident,
        filters: { $(#[doc = $doc:tt] $name:ident),* $(,)? },
    ) => {
        pub(crate) struct Api;

        #[poem_openapi::OpenApi(tag = $tag)]
        impl Api {
            $(#[doc = $list_doc])*
            #[oai(path = $list_path, method = "get", operation_id = $list_id)]
            #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
            async fn $list(
                &self,
                auth: crate::auth::Auth,
                /// Rows of a page: 50, at most 500.
                limit: poem_openapi::param::Query<Option<i64>>,
                /// Where the page begins, from the page before.
                page_token: poem_openapi::param::Query<Option<String>>,
                /// Whether all rows are counted.
                include_total: poem_openapi::param::Query<Option<bool>>,
                /// Names of devices.
                device: poem_openapi::param::Query<Vec<String>>,
                /// Ids of devices.
                device_id: poem_openapi::param::Query<Vec<uuid::Uuid>>,
                $(#[doc = $doc] $name: poem_openapi::param::Query<Vec<String>>,)*
                /// What was true at this time; what is true now unless given.
                as_of: poem_openapi::param::Query<Option<crate::time::Time>>,
            ) -> crate::problem::Result<poem_openapi::payload::Json<crate::paging::Page<$row>>> {
                let page = crate::paging::wanted(limit.0, page_token.0, include_total.0);
                let filter = service::records::RecordFilter {
                    device: device.0,
                    device_id: device_id.0,
                    $($name: $name.0,)*
                    as_of: as_of.0.map(|time| time.0),
                    ..service::records::RecordFilter::default()
                };
                let page = auth.service().record_list::<$record>(auth.actor(), &filter, &page).await?;
                Ok(poem_openapi::payload::Json(crate::paging::Page::of(page, $row::from)))
            }

            $(#[doc = $csv_doc])*
            ///
            /// A cell that a spreadsheet would calculate begins with a `'`.
            #[oai(path = $csv_path, method = "get", operation_id = $csv_id)]
            #[allow(clippy::too_many_arguments, reason = "each is a parameter of the request")]
            async fn $csv(
                &self,
                auth: crate::auth::Auth,
                /// Names of devices.
                device: poem_openapi::param::Query<Vec<String>>,
                /// Ids of devices.
                device_id: poem_openapi::param::Query<Vec<uuid::Uuid>>,
                $(#[doc = $doc] $name: poem_openapi::param::Query<Vec<String>>,)*
                /// What was true at this time; what is true now unless given.
                as_of: poem_openapi::param::Query<Option<crate::time::Time>>,
            ) -> crate::problem::Result<crate::problem::File> {
                let filter = service::records::RecordFilter {
                    device: device.0,
                    device_id: device_id.0,
                    $($name: $name.0,)*
                    as_of: as_of.0.map(|time| time.0),
                    ..service::records::RecordFilter::default()
                };
                let parts = auth.service().record_export::<$record>(auth.actor(), &filter).await?;
                Ok(crate::problem::File::Ok(
                    poem_openapi::payload::Binary(crate::parts::body(parts)),
                    concat!("attachment; filename=\"", $csv_path, "\"").replace('/', ""),
                ))
            }
        }
    };
}

pub(crate) use record_lists;
