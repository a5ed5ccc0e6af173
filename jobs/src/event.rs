//! What the runner reports while it works.

use std::sync::Arc;

use serde::Serialize;

use crate::{error::DeviceError, error::FailureKind, transport::Negotiated, verdict::Verdict};

/// One step of a run. Events of one device come in the order of the variants.
#[derive(Debug, Clone)]
pub enum Event {
    /// A session to the device begins.
    DeviceStarted {
        /// Index of the job in the list given to the runner.
        job: usize,
        /// 1 for the first try.
        attempt: u32,
    },
    /// One capture type ended, with whatever verdict.
    CaptureCompleted {
        /// Index of the job.
        job: usize,
        /// What came of it.
        capture: Arc<CaptureReport>,
    },
    /// The device ended; exactly one for each job.
    DeviceCompleted {
        /// Index of the job.
        job: usize,
        /// What came of it.
        report: Box<DeviceReport>,
    },
}

/// How a device ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceStatus {
    /// Every attempted capture type is complete.
    Succeeded,
    /// Some are.
    PartiallySucceeded,
    /// None is.
    Failed,
    /// A person stopped it.
    Cancelled,
}

impl DeviceStatus {
    /// The name used in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::PartiallySucceeded => "partially_succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What came of one capture type of one device.
#[derive(Debug, Clone, Serialize)]
pub struct CaptureReport {
    /// Slug of the capture type.
    pub capture_type: String,
    /// The commands that were to run.
    pub commands: Vec<String>,
    /// What the text is worth.
    pub verdict: Verdict,
    /// Size of the cleaned text in bytes.
    pub bytes: u64,
    /// Number of its lines.
    pub lines: u64,
    /// Why it is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What came of one device.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceReport {
    /// How it ended.
    pub status: DeviceStatus,
    /// The first thing that went wrong.
    pub failure_kind: Option<FailureKind>,
    /// One sentence for people.
    pub message: String,
    /// The tries it took.
    pub attempt: u32,
    /// Time from the start of the first try to the end, in milliseconds.
    pub duration_ms: u64,
    /// One entry for each planned capture type, in the order they ran.
    pub captures: Vec<Arc<CaptureReport>>,
    /// Slug of the platform, given or found out.
    pub platform: Option<String>,
    /// What the SSH session agreed on, if it came that far.
    pub negotiated: Option<Negotiated>,
    /// The session as received, for every device that did not succeed.
    #[serde(skip)]
    pub transcript: Vec<u8>,
}

impl DeviceReport {
    /// Decides the status from the captures and what went wrong on the way.
    pub fn decide(captures: Vec<Arc<CaptureReport>>, error: Option<DeviceError>) -> Self {
        let complete = captures
            .iter()
            .filter(|capture| capture.verdict == Verdict::Complete)
            .count();
        let first_bad = captures.iter().find(|capture| capture.verdict != Verdict::Complete);
        let error = error.or_else(|| {
            first_bad.map(|capture| {
                let kind = capture.verdict.failure_kind();
                let message = capture.message.clone().unwrap_or_else(|| kind.hint().to_owned());
                DeviceError::new(kind, message)
            })
        });
        let status = match (complete, &error) {
            (_, Some(error)) if error.kind == FailureKind::Cancelled => DeviceStatus::Cancelled,
            // Nothing was asked for but to be let in.
            (0, None) if captures.is_empty() => DeviceStatus::Succeeded,
            (0, _) => DeviceStatus::Failed,
            (complete, _) if complete == captures.len() => DeviceStatus::Succeeded,
            _ => DeviceStatus::PartiallySucceeded,
        };
        let (failure_kind, message) = match (status, error) {
            (DeviceStatus::Succeeded, _) => (None, format!("{complete} captures")),
            (_, Some(error)) => (Some(error.kind), error.message),
            (_, None) => (Some(FailureKind::Internal), "Nothing was collected".to_owned()),
        };
        Self {
            status,
            failure_kind,
            message,
            attempt: 1,
            duration_ms: 0,
            captures,
            platform: None,
            negotiated: None,
            transcript: Vec::new(),
        }
    }
}
