//! Ages, uptimes and speeds.

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
const MONTH: u64 = 30 * DAY;
const YEAR: u64 = 365 * DAY;

/// A duration in seconds: `00:17:02`, `3d04h`, `1y2w`, `266 days, 8 hours, 59 minutes`, `1d01h58m07s`, `2 days, 3:04:05`,
/// and a bare number of seconds. `None` for what is none (`never`, `-`).
#[must_use]
pub fn duration_seconds(text: &str) -> Option<u64> {
    duration_with_unit(text, 1)
}

/// The same; a bare number counts in this many seconds.
pub(crate) fn duration_with_unit(text: &str, unit: u64) -> Option<u64> {
    let text = text.trim();
    if text.len() > 200 {
        return None;
    }
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    if let Ok(number) = whole.parse::<u64>() {
        return number.checked_mul(unit);
    }
    let (mut seconds, mut found) = (0_u64, false);
    let mut rest = text;
    while let Some(start) = rest.find(|char: char| char.is_ascii_digit()) {
        rest = rest.get(start..)?;
        let end = rest
            .find(|char: char| !(char.is_ascii_digit() || char == ':'))
            .unwrap_or(rest.len());
        let (number, behind) = rest.split_at_checked(end)?;
        if number.contains(':') {
            seconds = seconds.checked_add(clock(number)?)?;
            rest = behind;
        } else {
            // A fraction of a second says nothing about an age.
            let behind = match behind.strip_prefix('.') {
                Some(fraction) => fraction.trim_start_matches(|char: char| char.is_ascii_digit()),
                None => behind,
            };
            let behind = behind.trim_start();
            let length = behind
                .find(|char: char| !char.is_ascii_alphabetic())
                .unwrap_or(behind.len());
            let (word, after) = behind.split_at_checked(length)?;
            seconds = seconds.checked_add(number.parse::<u64>().ok()?.checked_mul(unit_of(word)?)?)?;
            rest = after;
        }
        found = true;
    }
    found.then_some(seconds)
}

fn clock(text: &str) -> Option<u64> {
    let mut parts = text.split(':').map(str::parse::<u64>);
    let (first, second, third) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    match third {
        Some(third) => first
            .checked_mul(HOUR)?
            .checked_add(second.checked_mul(MINUTE)?)?
            .checked_add(third.ok()?),
        None => first.checked_mul(HOUR)?.checked_add(second.checked_mul(MINUTE)?),
    }
}

fn unit_of(word: &str) -> Option<u64> {
    Some(match word.to_ascii_lowercase().as_str() {
        "y" | "yr" | "yrs" | "year" | "years" => YEAR,
        "month" | "months" => MONTH,
        "w" | "wk" | "wks" | "week" | "weeks" => WEEK,
        "d" | "day" | "days" => DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        _ => return None,
    })
}

/// A speed in bits a second: `1000 Mb/s`, `10G`, `1 Gbps`, `100000 kbit`, `a-1000`, `auto(40G)`. A bare number is taken
/// as Mbit/s, as the devices that print one mean it. `None` for what names no speed (`auto`).
#[must_use]
pub fn speed_bps(text: &str) -> Option<u64> {
    let start = text.find(|char: char| char.is_ascii_digit())?;
    let rest = text.get(start..)?;
    let end = rest
        .find(|char: char| !(char.is_ascii_digit() || char == '.'))
        .unwrap_or(rest.len());
    let (number, behind) = rest.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let unit = match behind.trim_start().chars().next().map(|char| char.to_ascii_lowercase()) {
        Some('k') => 1_000_u64,
        Some('g') => 1_000_000_000,
        Some('t') => 1_000_000_000_000,
        Some('b') => 1,
        _ => 1_000_000,
    };
    let mut speed = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut part = unit;
    for digit in fraction.chars().take(9) {
        part /= 10;
        speed = speed.checked_add(u64::from(digit.to_digit(10)?).checked_mul(part)?)?;
    }
    Some(speed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [
            ("00:17:02", 17 * MINUTE + 2),
            ("0:00:00", 0),
            ("3d04h", 3 * DAY + 4 * HOUR),
            ("1y2w", YEAR + 2 * WEEK),
            ("1 day, 15 hours, 32 minutes", DAY + 15 * HOUR + 32 * MINUTE),
            (
                "134 weeks, 5 days, 23 hours and 44 minutes",
                134 * WEEK + 5 * DAY + 23 * HOUR + 44 * MINUTE,
            ),
            ("1d01h58m07s", DAY + HOUR + 58 * MINUTE + 7),
            ("2 days, 3:04:05", 2 * DAY + 3 * HOUR + 4 * MINUTE + 5),
            ("12 seconds", 12),
            ("17.25", 17),
            ("1.5s", 1),
            ("3:04", 3 * HOUR + 4 * MINUTE),
        ] {
            assert_eq!(duration_seconds(text), Some(seconds), "{text}");
        }
        for text in [
            "never",
            "-",
            "",
            "5 parsecs",
            "1:2:3:4",
            "99999999999999999999",
            "18446744073709551615y",
        ] {
            assert_eq!(duration_seconds(text), None, "{text}");
        }
        assert_eq!(duration_with_unit("5", MINUTE), Some(300));
    }

    #[test]
    fn speeds_are_read() {
        for (text, bps) in [
            ("1000 Mb/s", 1_000_000_000),
            ("10G", 10_000_000_000),
            ("2.5Gbps", 2_500_000_000),
            ("100000 kbit", 100_000_000),
            ("a-1000", 1_000_000_000),
            ("auto(40G)", 40_000_000_000),
        ] {
            assert_eq!(speed_bps(text), Some(bps), "{text}");
        }
        assert_eq!(speed_bps("auto"), None);
    }
}
