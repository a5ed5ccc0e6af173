//! Dates and durations as devices print them.

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// A moment taken apart, UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Date {
    pub(crate) year: u64,
    pub(crate) month: u64,
    pub(crate) day: u64,
    pub(crate) hour: u64,
    pub(crate) minute: u64,
    pub(crate) second: u64,
    days: u64,
}

impl Date {
    pub(crate) fn new(seconds: u64) -> Date {
        let days = seconds / 86_400;
        // Years begin in March here, so that the leap day is the last one.
        let z = days + 719_468;
        let era = z / 146_097;
        let doe = z % 146_097;
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        let rest = seconds % 86_400;
        Date {
            year: yoe + era * 400 + u64::from(month <= 2),
            month,
            day: doy - (153 * mp + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
            days,
        }
    }

    pub(crate) fn month_name(&self) -> &'static str {
        MONTHS.get(self.month as usize - 1).copied().unwrap_or("Jan")
    }

    pub(crate) fn weekday(&self) -> &'static str {
        DAYS.get((self.days % 7) as usize).copied().unwrap_or("Mon")
    }

    /// `12:34:56`
    pub(crate) fn time(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }

    /// `2026-06-01`
    pub(crate) fn iso(&self) -> String {
        format!("{}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// `12:34:56 UTC Mon Jun 1 2026`
    pub(crate) fn cisco(&self) -> String {
        format!(
            "{} UTC {} {} {} {}",
            self.time(),
            self.weekday(),
            self.month_name(),
            self.day,
            self.year
        )
    }

    /// `Mon Jun  1 12:34:56 2026`
    pub(crate) fn unix(&self) -> String {
        format!(
            "{} {} {:>2} {} {}",
            self.weekday(),
            self.month_name(),
            self.day,
            self.time(),
            self.year
        )
    }
}

/// `(weeks, days, hours, minutes, seconds)`
pub(crate) fn parts(seconds: u64) -> (u64, u64, u64, u64, u64) {
    (
        seconds / 604_800,
        seconds / 86_400 % 7,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        assert_eq!(Date::new(0).unix(), "Thu Jan  1 00:00:00 1970");
        assert_eq!(Date::new(1_709_210_096).cisco(), "12:34:56 UTC Thu Feb 29 2024");
        assert_eq!(Date::new(1_767_225_599).iso(), "2025-12-31");
    }
}
